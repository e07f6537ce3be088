import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { freePort, localEnvironment, startMiniStack } from '../../scripts/ministack.mjs';
import { startFaultProxy } from '../../tests/support/fault-proxy.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const stackName = 'CakeShop-e2e';
const context = ['--context', 'stage=e2e', '--context', 'disposable=true'];

/** Sees what a function asks of DynamoDB and EventBridge; while its promise is open, the request waits. */
export type Observer = (operation: string, body: string) => void | Promise<void>;

export interface Cloud {
  readonly endpoint: string;
  /** The folder with what was deployed: the template, and each function's code. */
  readonly assembly: string;
  /** The stack's outputs, by name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** @returns a function that takes the observer away */
  observe(observer: Observer): () => void;
  destroyStack(): Promise<void>;
  close(): Promise<void>;
}

/** Runs the real CDK CLI; its output is shown where it fails. */
const cdk = async (endpoint: string, ...args: string[]): Promise<void> => {
  const cli = path.join(folder, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const child = spawn(process.execPath, [cli, ...args, '--no-notices', '--ci'], {
    cwd: folder,
    env: {
      ...localEnvironment(),
      AWS_ENDPOINT_URL: endpoint,
      CDK_DEFAULT_ACCOUNT: '000000000000',
      CDK_DEFAULT_REGION: 'us-east-1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('exit', resolve),
  );
  const [code, ...output] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`cdk ${args.join(' ')} ended with ${code}.\n${output.join('\n')}`);
};

/** A local AWS with the stack on it. What the functions ask of DynamoDB and EventBridge goes through a proxy. */
export const startCloud = async (): Promise<Cloud> => {
  const observers = new Set<Observer>();
  const port = await freePort();
  const proxy = await startFaultProxy(`http://127.0.0.1:${port}`, {
    onRequest: async (operation, body) => {
      for (const observer of observers) await observer(operation, body);
    },
  });
  const ministack = await startMiniStack({
    port,
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: proxy.endpoint,
      LAMBDA_ASYNC_RETRY_BASE_SECONDS: '1',
    },
  });
  const { endpoint } = ministack;
  const assembly = await mkdtemp(path.join(tmpdir(), 'cake-shop-'));
  const close = async (): Promise<void> => {
    await proxy.close();
    await ministack.close();
    await rm(assembly, { recursive: true, force: true });
  };
  try {
    await cdk(endpoint, 'bootstrap', 'aws://000000000000/us-east-1', ...context);
    const outputsFile = path.join(assembly, 'outputs.json');
    await cdk(
      endpoint,
      'deploy',
      ...context,
      ...['--output', assembly, '--require-approval', 'never', '--outputs-file', outputsFile],
    );
    const outputs = JSON.parse(await readFile(outputsFile, 'utf8'))[stackName];
    return {
      endpoint,
      assembly,
      outputs,
      observe: (observer) => {
        observers.add(observer);
        return () => observers.delete(observer);
      },
      destroyStack: () => cdk(endpoint, 'destroy', '--app', assembly, '--force'),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
