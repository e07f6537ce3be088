import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as library from 'lambda-idempotency';
import {
  type IdempotencyConfigOptions,
  IdempotencyError,
  type IdempotencyEventName,
  makeIdempotent,
} from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import * as results from 'lambda-idempotency/results';
import * as sources from 'lambda-idempotency/sources';
import type { WarningCode } from '../../src/fronts/warnings.js';
import { noise } from '../../tests/support/noise.js';
import { scan } from '../../tests/support/tables.js';
import { type LocalAws, lambdaContext, request, startLocalAws } from './local-aws.js';

const ROOT = new URL('../../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const pages = [
  ...readdirSync(new URL('docs', ROOT)).map((name) => `docs/${name}`),
  ...['', 'cdk-example/', 'src/core/'].map((folder) => `${folder}README.md`),
  'CHANGELOG.md',
  'CONTRIBUTING.md',
].filter((name) => name.endsWith('.md'));

const withoutCode = (page: string): string => page.replaceAll(/^ *```.*?^ *```$/gms, '');

/** The anchors that GitHub and VitePress make from headings. */
const anchorsOf = (page: string): string[] =>
  [...withoutCode(textOf(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  const folder = page.slice(0, page.lastIndexOf('/') + 1);

  it('links to files and headings that exist', () => {
    for (const [, target = ''] of withoutCode(textOf(page)).matchAll(/\]\((?!https:)([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : new URL(path, `file:///${folder}`).pathname.slice(1);
      expect(existsSync(new URL(file, ROOT))).toBe(true);
      if (anchor) expect(anchorsOf(file)).toContain(anchor);
    }
  });

  it('has valid JSON', () => {
    for (const [, json = ''] of textOf(page).matchAll(/^```json\n(.*?)^```$/gms)) {
      expect(() => JSON.parse(json)).not.toThrow();
    }
  });
});

describe('docs/errors.md', () => {
  const page = textOf('docs/errors.md');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split('\n')[0] ?? '', section]),
  );
  const classes = Object.entries(library).filter(
    ([, value]) =>
      typeof value === 'function' &&
      (value === IdempotencyError || value.prototype instanceof IdempotencyError),
  );

  it('has a section for each class, and no other', () => {
    expect([...sections.keys()].sort()).toEqual(classes.map(([name]) => name).sort());
  });

  it('has the code of each class in its section', () => {
    for (const [name, Class] of classes) {
      if (Class === IdempotencyError) continue;
      const { code } = new (Class as unknown as new (message: string, options: object) => IdempotencyError)(
        '',
        {},
      );
      expect(sections.get(name)).toContain(`Code: \`${code}\``);
    }
  });
});

describe('docs/events.md', () => {
  it('has a row for each event', () => {
    const names: Record<IdempotencyEventName, true> = {
      claimed: true,
      takenOver: true,
      replayed: true,
      busy: true,
      conflict: true,
      settled: true,
      released: true,
      leaseLost: true,
      keyMissing: true,
      disabled: true,
      attemptsExhausted: true,
      outcomeUnknown: true,
      resultNotStored: true,
      hookFailed: true,
      storeFailed: true,
    };
    const rows = [...textOf('docs/events.md').matchAll(/^\| `([a-z]\w+)` +\|/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(Object.keys(names).sort());
  });

  it('has a row for each warning', () => {
    const codes: Record<WarningCode, true> = {
      IDEMPOTENCY_DISABLED: true,
      IDEMPOTENCY_KEY_MISSING: true,
      IDEMPOTENCY_NO_CONTEXT: true,
      IDEMPOTENCY_SHORT_WINDOW: true,
    };
    const rows = [...textOf('docs/events.md').matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code]) => code);
    expect(rows).toEqual(expect.arrayContaining(Object.keys(codes)));
    expect(rows).toHaveLength(Object.keys(codes).length + 1);
  });
});

describe('docs/sources.md', () => {
  const page = textOf('docs/sources.md');
  const rowsOf = (heading: string): string[][] => {
    const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
    const [, , ...rows] = [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) =>
      row.split(' | ').map((cell) => cell.trim()),
    );
    return rows;
  };
  const bare = (cell: string | undefined): string | undefined => cell?.replaceAll('`', '') || undefined;
  /** Reads `1,209,600 (14 days)`; both figures must agree. */
  const secondsOf = (cell: string | undefined): number => {
    const [, seconds = '', count, unit = ''] = /^([\d,]+)(?: \((\d+) (\w+)\))?$/.exec(cell ?? '') ?? [];
    const units: Record<string, number> = { minutes: 60, hours: 3_600, days: 86_400 };
    const number = Number(seconds.replaceAll(',', ''));
    if (count !== undefined) expect(Number(count) * (units[unit] ?? Number.NaN)).toBe(number);
    return number;
  };

  it('has the providers as the code has them', () => {
    const shown = rowsOf('Providers').map(([name, window, identifier, maxLength, documentation]) => [
      bare(name),
      {
        window: secondsOf(window),
        identifier: bare(identifier),
        maxLength: maxLength ? Number(maxLength) : undefined,
        documentation: /\((https:[^)]+)\)$/.exec(documentation ?? '')?.[1],
      },
    ]);
    expect(shown).toEqual(Object.entries(sources.providers));
  });

  it('has the presets as the code has them, with their windows', () => {
    const shown = rowsOf('The presets').map((row) => [
      row[0]?.replace(/^`(\w+)\(\)`$/, '$1'),
      row[4] === 'by event' ? undefined : secondsOf(row[4]),
    ]);
    const exported = Object.entries(sources).flatMap(([name, value]) =>
      typeof value === 'function' ? [[name, value().windowSeconds]] : [],
    );
    expect(shown.sort()).toEqual(exported.sort());
  });

  it('names the well-known headers and fields in the order in which they are looked for', () => {
    const event = (headers: object, body: object) => ({
      version: '2.0',
      rawPath: '/',
      requestContext: { http: { method: 'POST' } },
      headers,
      body: JSON.stringify(body),
    });
    const keyOf = (headers: object, body: object) =>
      sources.httpApi().read(event(headers, body), undefined).key;
    const headers = [...page.matchAll(/^- `([\w-]+)`$/gm)].map(([, name = '']) => [name, `in ${name}`]);
    const fields = [
      ...(/payload is the first of (.*?) at its/s.exec(page)?.[1] ?? '').matchAll(/`(\w+)`/g),
    ].map(([, name = '']) => [name, `in ${name}`]);
    expect(headers).toHaveLength(4);
    expect(fields).toHaveLength(3);
    for (let gone = 0; gone < headers.length; gone++) {
      const left = headers.slice(gone);
      expect(keyOf(Object.fromEntries(left), Object.fromEntries(fields))).toBe(left[0]?.[1]);
    }
    for (let gone = 0; gone < fields.length; gone++) {
      const left = fields.slice(gone);
      expect(keyOf({}, Object.fromEntries(left))).toBe(left[0]?.[1]);
    }
  });
});

describe('docs/results.md', () => {
  it('has a row for each codec, and no other', () => {
    const rows = [...textOf('docs/results.md').matchAll(/^\| `(\w+)[`(][^|]*\|/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(Object.keys(results).sort());
  });
});

describe('docs/promises.md', () => {
  it('has every promise, in order', () => {
    const numbers = [...textOf('docs/promises.md').matchAll(/^\*\*P(\d+)\./gm)].map(([, n]) => Number(n));
    expect(numbers).toEqual(Array.from({ length: 17 }, (_, index) => index + 1));
  });
});

describe('docs/record.md', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws();
  });
  afterAll(() => aws.close());

  it('shows items as they are', async () => {
    const tableName = await aws.openTable();
    const itemsWhile: unknown[] = [];
    const persistenceStore = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: aws.client });
    const placeOrder = async (event: APIGatewayProxyEvent, _context: unknown): Promise<object> => {
      itemsWhile.push(...(await scan(aws.client, tableName)));
      if (event.body === 'error') throw new Error('no oven');
      if (event.body === 'photograph') return { statusCode: 200, body: noise(20_000) };
      return event.body === 'class' ? new (class Receipt {})() : { statusCode: 201 };
    };
    const wrapWith = (config: IdempotencyConfigOptions) =>
      makeIdempotent(placeOrder, {
        persistenceStore,
        config: {
          eventKeyJmesPath: 'headers."Idempotency-Key"',
          payloadValidationJmesPath: 'body',
          ...config,
        },
      });
    const handler = wrapWith({ shouldStoreError: () => true });
    await handler(request('key-1', {}), lambdaContext('orders'));
    const [running] = itemsWhile;
    const [done] = await scan(aws.client, tableName);
    const shown = [...textOf('docs/record.md').matchAll(/^```json\n(.*?)^```$/gms)].map(([, json = '']) =>
      JSON.parse(json),
    );
    expect(shapeOf(running)).toEqual(shapeOf(shown[0]));
    expect(shapeOf(done)).toEqual(shapeOf(shown[1]));

    await handler({ ...request('key-2', {}), body: 'class' }, lambdaContext('orders'));
    await handler({ ...request('key-3', {}), body: 'error' }, lambdaContext('orders')).catch(() => {});
    await wrapWith({ maxAttempts: 2 })(request('key-4', {}), lambdaContext('orders'));
    await handler({ ...request('key-5', {}), body: 'photograph' }, lambdaContext('orders'));
    const attributes = new Set((await scan(aws.client, tableName)).flatMap((item) => Object.keys(item)));
    const rows = [...textOf('docs/record.md').matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual([...attributes].sort());
  });
});

/** Attributes and types, with the length of a key's hash, which is the same in every item. */
const shapeOf = (item: unknown): unknown =>
  Object.entries(item as Record<string, Record<string, string>>)
    .map(([name, value]) => {
      const length = name === 'id' ? value['S']?.split('#')[1]?.length : undefined;
      return `${name} ${Object.keys(value)} ${length ?? ''}`;
    })
    .sort();
