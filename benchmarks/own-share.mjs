/**
 * `npm run bench:own`: processor time that is this library's own, over a store that answers at once: a first call, a
 * replay, and a replay keyed by JMESPath on an API Gateway event. Run it on the Node that counts: `node own-share.mjs`.
 *
 *   OWN_SECONDS=2   how long each row is measured
 */
import { eventNamed, lambdaContext } from './events.mjs';
import { ourBuild } from './libraries.mjs';
import { quantile } from './statistics.mjs';

process.env.AWS_LAMBDA_FUNCTION_NAME = 'bench';
const { makeIdempotent } = await import(new URL('index.js', ourBuild).href);
const seconds = Number(process.env.OWN_SECONDS ?? 2);

const result = { statusCode: 201, body: JSON.stringify({ orderId: 'ord_8f3c1d20', status: 'accepted' }) };
const placeOrder = async (_event, _context) => result;

/** Grants every claim. */
const granting = {
  claim: async () => ({ claimed: true }),
  settle: async () => ({ held: true }),
  renew: async () => ({ held: true }),
  release: async () => ({ held: true }),
  read: async () => undefined,
};

/** Has an outcome for every key. */
const replaying = {
  ...granting,
  claim: async ({ key }) => ({
    claimed: false,
    existing: {
      status: 'done',
      key,
      fence: 'another',
      expiresAt: Date.now() + 3_600_000,
      result: { stored: true, codec: 'json', data: JSON.stringify(result) },
    },
  }),
};

const eventKeyJmesPath = '[headers."Idempotency-Key", requestContext.authorizer.claims.sub]';
const rows = [
  ['first call', granting, 'small', {}],
  ['replay', replaying, 'small', {}],
  ['replay, eventKey', replaying, 'small', { eventKey: ({ orderId }) => orderId }],
  ['replay, JMESPath on API Gateway', replaying, 'API Gateway', { eventKeyJmesPath }],
];

function processorMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const BATCH = 500;
for (const [name, persistenceStore, event, config] of rows) {
  const call = makeIdempotent(placeOrder, { persistenceStore, config, keyPrefix: name });
  const payload = eventNamed(event);
  const batch = async () => {
    const before = processorMicros();
    for (let done = 0; done < BATCH; done += 1) await call(payload, lambdaContext);
    return (processorMicros() - before) / BATCH;
  };
  for (let warm = 0; warm < 40; warm += 1) await batch();
  const samples = [];
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end) samples.push(await batch());
  // What disturbs a machine makes it slower, never faster.
  console.log(`${name.padEnd(34)} ${quantile(samples, 0.2).toFixed(1)} µs`);
}
