import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Command lines of this machine's processes, by process id. */
const commandLines = (): [pid: number, commandLine: string][] => {
  if (!existsSync('/proc/self/cmdline')) {
    const listing = execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' });
    return listing
      .split('\n')
      .map((line): [number, string] => [Number.parseInt(line, 10), line])
      .filter(([pid]) => pid > 0);
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): [number, string][] => {
      try {
        return [[Number(pid), readFileSync(`/proc/${pid}/cmdline`, 'utf8')]];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
};

/**
 * `kill -9` for the processes that run a function: MiniStack unpacks each into a folder that bears its name.
 *
 * @returns how many there were
 */
export const killWorkersOf = (functionName: string): number => {
  const workers = commandLines().filter(([, line]) => line.includes(`ministack-lambda-${functionName}-`));
  for (const [pid] of workers) process.kill(pid, 'SIGKILL');
  return workers.length;
};
