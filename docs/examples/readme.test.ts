import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { IdempotencyConfig, type LeaseOptions, makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const readme = textOf('../../README.md');
const examples = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => textOf(name));

/** The option names that a place accepts, read from the error for an unknown one. */
const knownOptions = (makeWith: (unknownOption: never) => unknown): string[] => {
  try {
    makeWith({ notAnOption: true } as never);
  } catch (error) {
    const names = /Valid options: (.*)\.$/.exec((error as Error).message)?.[1];
    if (names) return names.split(', ');
  }
  throw new Error('an unknown option was not refused');
};

const rowOf = (option: string): string | undefined =>
  readme
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '))
    .find((line) => line.startsWith(`| \`${option}\` |`));

describe('README.md', () => {
  it('shows only code from executed examples', () => {
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
    expect(blocks).not.toHaveLength(0);
    for (const block of blocks) {
      expect(examples.some((example) => example.includes(block ?? ''))).toBe(true);
    }
  });

  it.each([
    ...knownOptions((option) => makeIdempotent(async function example() {}, option)),
    ...knownOptions((option) => new IdempotencyConfig(option)),
    ...knownOptions((option) => new DynamoDBPersistenceLayer(option)),
  ])('has a row for the option %s', (option) => {
    expect(rowOf(option)).toBeDefined();
  });

  it.each([
    ['lease', knownOptions((lease) => new IdempotencyConfig({ lease: lease as LeaseOptions }))],
    ['inProgress', knownOptions((inProgress) => new IdempotencyConfig({ inProgress }))],
  ])('names the members of %s', (option, members) => {
    for (const member of members) expect(rowOf(option)).toContain(member);
  });

  it('has no row for an option that is unknown', () => {
    const known = [
      ...knownOptions((option) => makeIdempotent(async function example() {}, option)),
      ...knownOptions((option) => new IdempotencyConfig(option)),
      ...knownOptions((option) => new DynamoDBPersistenceLayer(option)),
    ];
    const options = readme.slice(readme.indexOf('## Options'), readme.indexOf('## More'));
    const rows = [...options.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(known.sort());
  });

  it('has the defaults of the config', () => {
    for (const [option, value] of Object.entries(new IdempotencyConfig())) {
      if (typeof value === 'object') continue;
      const shown = typeof value === 'string' ? `'${value}'` : String(value);
      expect(rowOf(option)).toContain(`| \`${shown}\` |`);
    }
  });

  it('has the default attributes', async () => {
    const sent: { ExpressionAttributeNames?: object }[] = [];
    const awsSdkV3Client = {
      config: {},
      middlewareStack: {},
      send: async ({ input }: { input: object }) => {
        sent.push(input);
        return {};
      },
    };
    const store = new DynamoDBPersistenceLayer({ tableName: 'table', awsSdkV3Client });
    const persistenceStores = [store, new MemoryPersistenceLayer()];
    for (const persistenceStore of persistenceStores) {
      const config = { payloadValidationJmesPath: '@' };
      await makeIdempotent(async (n: number) => n, { persistenceStore, config, keyPrefix: 'x' })(1);
    }
    const written = JSON.stringify(sent);
    for (const option of [
      'keyAttr',
      'statusAttr',
      'expiryAttr',
      'inProgressExpiryAttr',
      'dataAttr',
      'validationKeyAttr',
    ]) {
      const name = /\| `'(\w+)'` \|/.exec(rowOf(option) ?? '')?.[1];
      expect(written).toContain(`"${name}"`);
    }
  });

  it('stays short', () => {
    expect(readme.split('\n').length).toBeLessThan(200);
  });
});
