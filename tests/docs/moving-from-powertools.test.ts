import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const page = readFileSync(new URL('../../docs/moving-from-powertools.md', import.meta.url), 'utf8');
const [, script = ''] = /```sh\n(# Names[\s\S]*?)```/.exec(page) ?? [];

describe("the page's searches for what stops at load", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'moving-'));
    mkdirSync(join(folder, 'src'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const found = (line: string): string[] => {
    writeFileSync(join(folder, 'src', 'handler.ts'), `${line}\n`);
    return script
      .split('\n')
      .filter((command) => command.startsWith('grep'))
      .filter((command) => {
        const output = execFileSync('sh', ['-c', `${command} || true`], { cwd: folder, encoding: 'utf8' });
        return output.includes(line);
      });
  };

  it.each([
    "import { CachePersistenceLayer } from '@aws-lambda-powertools/idempotency/cache';",
    'class Store extends BasePersistenceLayer {',
    "import { IdempotencyItemAlreadyExistsError } from '@aws-lambda-powertools/idempotency';",
    "eventKeyJmesPath: 'requestContext.requestId',",
    "eventKeyJmesPath: 'headers.Idempotency-Key',",
    "eventKeyJmesPath: 'requestContext.requestTimeEpoch',",
    'dataIndexArgument: 3,',
    'export const handler = awslambda.streamifyResponse(work);',
    'awsSdkV3Client: client,',
  ])('find %s', (line) => {
    expect(found(line)).toHaveLength(1);
  });

  it.each(["eventKeyJmesPath: 'orderId',", "import { makeIdempotent } from 'lambda-idempotency';"])(
    'do not find %s',
    (line) => {
      expect(found(line)).toEqual([]);
    },
  );
});
