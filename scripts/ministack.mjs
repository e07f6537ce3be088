/**
 * Runs MiniStack, a local AWS, for end-to-end tests:
 *
 *   node scripts/ministack.mjs -- npm run something
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const VERSION = '1.5.33';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

const venv = fileURLToPath(new URL('../.venv', import.meta.url));
const venvPython = path.join(venv, 'bin', 'python');
const exec = promisify(execFile);

/**
 * Installs MiniStack when it is missing, and starts it on a loopback port.
 *
 * @param {{ port?: number, environment?: Record<string, string> }} [options] `environment` goes on to the Lambda
 *   functions, for which the function's own variables win. Default: a free port, nothing.
 * @returns {Promise<{ endpoint: string, close(): Promise<void> }>}
 */
export async function startMiniStack({ port, environment = {} } = {}) {
  await install();
  port ??= await freePort();
  const server = launch(port, environment);
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilHealthy(endpoint, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { endpoint, close: server.stop };
}

async function install() {
  if ((await installedVersion()) === VERSION) return;
  await createVenv();
  await attempt(venvPython, ['-m', 'pip', '--version'], `pip is missing in ${venv}`);
  await attempt(
    venvPython,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `ministack==${VERSION}`],
    `pip could not install ministack==${VERSION}`,
  );
}

async function installedVersion() {
  const script = 'from importlib.metadata import version; print(version("ministack"))';
  try {
    return (await exec(venvPython, ['-c', script])).stdout.trim();
  } catch {
    return undefined;
  }
}

async function createVenv() {
  if (existsSync(venvPython)) return;
  await attempt('python3', ['--version'], 'python3 is missing');
  try {
    await attempt(
      'python3',
      ['-m', 'venv', venv],
      "python3's venv module is missing or broken (Debian: apt-get install python3-venv)",
    );
  } catch (error) {
    // Debian's python3 leaves one without pip behind, which the next run would take for whole.
    await rm(venv, { recursive: true, force: true });
    throw error;
  }
}

async function attempt(command, args, failure) {
  try {
    await exec(command, args);
  } catch (error) {
    const detail = `${error.stderr || error.stdout || error.message}`.trim();
    throw new Error(`MiniStack cannot be installed: ${failure}.\n${detail}`, { cause: error });
  }
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A process group of its own, because MiniStack runs Lambda functions in child processes. */
function launch(port, environment) {
  const child = spawn(path.join(venv, 'bin', 'ministack'), [], {
    detached: true,
    env: { ...serverEnvironment(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = { log: '', gone: false, stop };
  const keep = (chunk) => {
    server.log = (server.log + chunk).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.once('error', keep);
  const exited = new Promise((resolve) => {
    for (const event of ['exit', 'error']) child.once(event, resolve);
  }).then(() => {
    server.gone = true;
  });
  const kill = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The whole group has ended already.
    }
  };
  const killNow = () => kill('SIGKILL');
  process.once('exit', killNow);

  async function stop() {
    if (child.pid === undefined) return;
    kill('SIGTERM');
    await Promise.race([exited, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    // Workers may outlive the server that started them.
    killNow();
    await exited;
    process.removeListener('exit', killNow);
  }
  return server;
}

function serverEnvironment(port) {
  return {
    ...localEnvironment(),
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    LOG_LEVEL: 'WARNING',
    PERSIST_STATE: '0',
    // Two further listeners, which ignore BIND_HOST.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    // Lambda workers inherit the environment, and Jest's options for Node would break them.
    NODE_OPTIONS: '',
  };
}

async function untilHealthy(endpoint, server) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && !server.gone) {
    const healthy = await fetch(`${endpoint}/_localstack/health`, {
      signal: AbortSignal.timeout(2_000),
    }).then(
      (response) => response.ok,
      () => false,
    );
    if (healthy) return;
    await sleep(100);
  }
  throw new Error(`MiniStack ${server.gone ? 'ended at once' : 'did not become healthy'}.\n${server.log}`);
}

async function main(args) {
  const [separator, command, ...rest] = args;
  if (separator !== '--' || command === undefined) {
    console.error('Usage: node scripts/ministack.mjs -- <command> [arguments]');
    return 2;
  }
  const passOn = ownSignals();
  const ministack = await startMiniStack();
  try {
    return await run(command, rest, ministack.endpoint, passOn);
  } finally {
    await ministack.close();
  }
}

/** A signal is the command's to obey once it runs, so that MiniStack stops after it and never outlives us. */
function ownSignals() {
  let command;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () =>
      command ? command.kill(signal) : process.exit(128 + constants.signals[signal]),
    );
  }
  return (child) => {
    command = child;
  };
}

function run(command, args, endpoint, passOn) {
  const env = { ...localEnvironment(), AWS_ENDPOINT_URL: endpoint, DYNAMODB_ENDPOINT: endpoint };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    passOn(child);
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * Ours, but for the AWS account that the user is signed in to: nothing run here may reach it.
 *
 * @returns {Record<string, string>}
 */
export function localEnvironment() {
  const others = Object.entries(process.env).filter(([name]) => !/^(AWS_|DYNAMODB_ENDPOINT$)/.test(name));
  return {
    ...Object.fromEntries(others),
    AWS_ACCESS_KEY_ID: 'local',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_REGION: 'us-east-1',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
