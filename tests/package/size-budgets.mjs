/**
 * One budget per import path: minified bytes, not compressed, since Lambda loads what is unpacked.
 * A limit is about 5 % above what was measured when it was set.
 */
const AWS_SDK = ['@aws-sdk/*', '@smithy/*'];
const CDK = ['aws-cdk-lib/*', 'constructs'];

const TYPICAL = {
  '.': ['makeIdempotent'],
  './dynamodb': ['DynamoDBPersistenceLayer'],
};

/**
 * `imports` names the exports that are bundled, by import path; '*' takes all. `external` is left out of the bundle.
 * `isStartOnly` leaves out what is loaded by `import()` when it is first needed.
 */
export const sizeBudgets = [
  { name: '.', limit: '83 kB', imports: { '.': '*' } },
  { name: './cdk, without the CDK', limit: '7.8 kB', imports: { './cdk': '*' }, external: CDK },
  {
    name: './dynamodb, without the SDK',
    limit: '17.1 kB',
    imports: { './dynamodb': '*' },
    external: AWS_SDK,
  },
  { name: './dynamodb-lite, whole', limit: '32.6 kB', imports: { './dynamodb-lite': '*' } },
  { name: './memory', limit: '1.3 kB', imports: { './memory': '*' } },
  { name: './middleware', limit: '78.2 kB', imports: { './middleware': '*' } },
  { name: './persistence', limit: '1.9 kB', imports: { './persistence': '*' } },
  { name: './results, without the SDK', limit: '23 kB', imports: { './results': '*' }, external: AWS_SDK },
  {
    name: './results, one that needs no SDK',
    limit: '14 kB',
    imports: { './results': ['compressed'] },
  },
  { name: './sources', limit: '21.6 kB', imports: { './sources': '*' } },
  { name: './testing', limit: '114 kB', imports: { './testing': '*' } },
  { name: './types', limit: '0.2 kB', imports: { './types': '*' } },
  {
    name: 'makeIdempotent + DynamoDBPersistenceLayer, without the SDK',
    limit: '95.5 kB',
    imports: TYPICAL,
    external: AWS_SDK,
  },
  {
    name: 'the same, what is loaded at start (code splitting)',
    limit: '94.4 kB',
    imports: TYPICAL,
    external: AWS_SDK,
    isStartOnly: true,
  },
  {
    name: 'makeIdempotent + DynamoDBPersistenceLayer of dynamodb-lite, whole',
    limit: '110.8 kB',
    imports: { '.': ['makeIdempotent'], './dynamodb-lite': ['DynamoDBPersistenceLayer'] },
  },
];
