import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Database {
  readonly endpoint: string;
  close(): void;
}

/** The database that `DYNAMODB_ENDPOINT` names, or dynalite in a process of its own, which no fault touches. */
export const startDatabase = async (): Promise<Database> => {
  const { DYNAMODB_ENDPOINT: named } = process.env;
  if (named) return { endpoint: named, close: () => {} };
  const program = fileURLToPath(new URL('./dynalite-process.ts', import.meta.url));
  const child = fork(program, { execArgv: ['--import', 'tsx'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const failed = once(child, 'exit').then(() => {
    throw new Error('dynalite ended before it was told to.');
  });
  const [endpoint] = (await Promise.race([once(child, 'message'), failed])) as [string];
  failed.catch(() => {});
  return {
    endpoint,
    close: () => {
      process.removeListener('exit', kill);
      kill();
    },
  };
};
