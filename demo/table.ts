import { DynamoDBPersistenceLayer } from '../src/stores/dynamodb/sdk-layer.js';
import { startDynalite } from '../tests/support/dynalite.js';
import { clientFor, createTable, type RawItem, scan } from '../tests/support/tables.js';
import { bold, shortKey } from './timeline.js';

export interface LocalTable {
  readonly store: DynamoDBPersistenceLayer;
  print(): Promise<void>;
  close(): Promise<void>;
}

/** A DynamoDB table inside this process, and the store over it. Its client knows no other endpoint. */
export const openTable = async (): Promise<LocalTable> => {
  // The SDK's notice about Node versions is not part of the story.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  const database = await startDynalite();
  const client = clientFor(database.endpoint);
  const tableName = await createTable(client, { tableName: 'idempotency' });
  return {
    store: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }),
    async print() {
      const items = await scan(client, tableName);
      console.log(bold(`\nThe table's ${items.length} records`));
      printColumns([['id', 'status', 'window ends (UTC)', 'result'], ...items.map(columnsOf).sort()]);
    },
    async close() {
      client.destroy();
      await database.close();
    },
  };
};

const RESULT_WIDTH = 50;

const columnsOf = ({ id, status, expiration, data }: RawItem): string[] => {
  const windowEnd = new Date(Number(expiration?.N) * 1_000);
  const result = data?.S ?? '';
  return [
    shortKey(id?.S ?? ''),
    status?.S ?? '',
    windowEnd.toISOString().slice(0, 16).replace('T', ' '),
    result.length > RESULT_WIDTH ? `${result.slice(0, RESULT_WIDTH)}…` : result,
  ];
};

const printColumns = (rows: string[][]): void => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  }
};
