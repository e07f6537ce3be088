import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cloud, startCloud } from './cloud.ts';
import { type Answer, type Effect, type Shop, shopIn, until } from './shop.ts';
import { killWorkersOf } from './workers.ts';

/**
 * The deployed stack, through its public faces: HTTP, queue, bus, invocation. What counts is what the shop did to
 * the world: rows in its own tables, never the library's records.
 */

let cloud: Cloud;
let shop: Shop;
let token: string;

before(async () => {
  cloud = await startCloud();
  shop = shopIn(cloud);
  token = await shop.openAccount('bakery-lovers');
});

after(async () => {
  await cloud?.close();
});

/** An order as it is placed, with the answer that a customer goes by. */
const order = (key: string, cake: string, options = {}): Promise<Answer> =>
  shop.order(key, cake, { token, ...options });

const orderIdOf = ({ status, body }: Answer): string => {
  assert.equal(status, 201, JSON.stringify(body));
  return body['orderId'] as string;
};

/** What may still come has come when nothing waits any more. */
const quiet = async (): Promise<void> => {
  assert.equal(await until(shop.kitchenBacklog, (backlog) => backlog === 0), 0);
};

const effectsOf = async (orderId: string): Promise<Record<Effect, number>> => {
  const [Charges, Cakes, Invoices] = await Promise.all([
    shop.count('Charges', orderId),
    shop.count('Cakes', orderId),
    shop.count('Invoices', orderId),
  ]);
  return { Charges, Cakes, Invoices };
};

const once = { Charges: 1, Cakes: 1, Invoices: 1 };

/** One charge, one cake, one invoice: awaited, since kitchen and invoices come later. */
const assertOnce = async (orderId: string): Promise<void> => {
  const done = await until(
    () => effectsOf(orderId),
    ({ Cakes, Invoices }) => Cakes > 0 && Invoices > 0,
  );
  assert.deepEqual(done, once);
};

/**
 * Holds up what a function asks for, until it is let go (and goes on, whether or not its sender still lives) or
 * dropped (and never arrives); `found` tells that it has come.
 */
const holdUp = (matches: (operation: string, body: string) => boolean) => {
  let letGo = (): void => {};
  let drop = (): void => {};
  const decided = new Promise<void>((resolve, reject) => {
    letGo = resolve;
    drop = () => reject(new Error('lost on the way'));
  });
  const found = new Promise<void>((resolve) => {
    const stop = cloud.observe(async (operation, body) => {
      if (!matches(operation, body)) return;
      resolve();
      await decided;
    });
    decided.then(stop, stop);
  });
  return { found, letGo, drop };
};

test('what is deployed are four handlers without test code', async () => {
  const bundles = (await readdir(cloud.assembly)).filter((name) => name.startsWith('asset.'));
  assert.equal(bundles.length, 4);
  for (const bundle of bundles) {
    const folder = path.join(cloud.assembly, bundle);
    assert.deepEqual((await readdir(folder)).sort(), ['index.js', 'index.js.map']);
    const { sources }: { sources: string[] } = JSON.parse(
      await readFile(path.join(folder, 'index.js.map'), 'utf8'),
    );
    const ours = sources.filter((source) => !source.includes('node_modules'));
    assert.ok(ours.length > 0);
    for (const source of ours) assert.match(source, /(^|\/)functions\/(shop\/)?[a-z-]+\.ts$/);
    assert.deepEqual(
      sources.filter((source) => /\/testing\/|dynalite|e2e|\.test\./.test(source)),
      [],
    );
  }
});

test('bad orders get a problem, and nothing is stored or charged', async () => {
  const before = await shop.rows();
  const bad: [why: string, answer: Promise<Answer>][] = [
    ['a body that is no JSON', order(randomUUID(), '', { body: '{"cake": lemon' })],
    ['no body', order(randomUUID(), '', { body: '' })],
    ['a body that is no order', order(randomUUID(), '', { body: 'null' })],
    ['an unknown cake', order(randomUUID(), 'mud')],
    ['a cake named like a member of every object', order(randomUUID(), 'constructor')],
    ['no key', shop.order(undefined, 'lemon', { token })],
    ['an empty key', order('', 'lemon')],
  ];
  for (const [why, answer] of bad) {
    const { status, type, body } = await answer;
    assert.equal(status, 400, why);
    assert.equal(type, 'application/problem+json', why);
    assert.equal(body['title'], 'Bad Request', why);
  }
  assert.deepEqual(await shop.rows(), before);
});

test('who has no account orders nothing', async () => {
  const before = await shop.rows();
  assert.equal((await shop.order(randomUUID(), 'lemon')).status, 401);
  assert.equal((await shop.order(randomUUID(), 'lemon', { token: 'guessed' })).status, 403);
  assert.deepEqual(await shop.rows(), before);
});

describe('the shop', { concurrency: 4 }, () => {
  test('the same order twice is one order', async () => {
    const key = randomUUID();
    const first = await order(key, 'lemon');
    const second = await order(key, 'lemon');
    assert.deepEqual(second, first);
    await assertOnce(orderIdOf(first));
  });

  test('ten at once are one order, and all ten get its answer', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 10 }, () => order(key, 'marble')));
    const orderId = orderIdOf(answers[0] as Answer);
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    await assertOnce(orderId);
  });

  test('the same key with another cake is refused, and the first order stands', async () => {
    const key = randomUUID();
    const first = await order(key, 'lemon');
    const other = await order(key, 'marble');
    assert.equal(other.status, 422);
    assert.equal(other.type, 'application/problem+json');
    assert.deepEqual(await order(key, 'lemon'), first);
    await assertOnce(orderIdOf(first));
  });

  test('the same key of two tenants is two orders', async () => {
    const key = randomUUID();
    const other = await shop.openAccount('cake-hunters');
    const [ours, theirs] = await Promise.all([order(key, 'lemon'), order(key, 'lemon', { token: other })]);
    assert.notEqual(orderIdOf(ours), orderIdOf(theirs));
    await assertOnce(orderIdOf(ours));
    await assertOnce(orderIdOf(theirs));
  });

  test('an order that is asked for again and again is passed on once', async () => {
    const key = randomUUID();
    const first = await order(key, 'lemon');
    await assertOnce(orderIdOf(first));
    const rows = await effectsOf(orderIdOf(first));
    for (let again = 0; again < 5; again++) assert.deepEqual(await order(key, 'lemon'), first);
    await quiet();
    assert.deepEqual(await effectsOf(orderIdOf(first)), rows);
  });

  test('the same EventBridge event put twice is one invoice', async () => {
    const orderId = `event-${randomUUID()}`;
    await shop.announce(orderId);
    await shop.announce(orderId);
    const another = `event-${randomUUID()}`;
    await shop.announce(another);
    // What came after them has been worked on, and so have they.
    assert.equal(
      await until(
        () => shop.count('Invoices', another),
        (count) => count > 0,
      ),
      1,
    );
    await until(
      () => shop.count('Invoices', orderId),
      (count) => count > 0,
    );
    await sleep(500);
    assert.equal(await shop.count('Invoices', orderId), 1);
  });
});

// The cake `princess` is ordered here only: by it, the proxy tells these requests from all others.
describe('what goes wrong on the way', () => {
  test('a client that hangs up and asks again gets its one order', async () => {
    const key = randomUUID();
    const charging = holdUp((operation, body) => operation === 'PutItem' && body.includes('4200 cents'));
    const client = new AbortController();
    const gaveUp = assert.rejects(order(key, 'princess', { signal: client.signal }), { name: 'AbortError' });
    await charging.found;
    client.abort();
    await gaveUp;
    charging.letGo();
    const answer = await until(
      () => order(key, 'princess'),
      ({ status }) => status === 201,
    );
    await assertOnce(orderIdOf(answer));
  });

  test('a handler that dies after charging and is retried charges once', async () => {
    const key = randomUUID();
    // The card is charged, and the order is about to be announced.
    const announcing = holdUp((operation, body) => operation === 'PutEvents' && body.includes('princess'));
    const first = order(key, 'princess');
    await announcing.found;
    assert.ok(killWorkersOf(shop.output('OrdersFunctionName')) > 0, 'no worker of Orders was found');
    assert.ok((await first).status >= 500);
    // What the dead run had sent already may still arrive.
    announcing.letGo();
    // Until the dead run's lease is over, nobody may know whether it will still finish.
    assert.equal((await order(key, 'princess')).status, 409);
    const answer = await until(
      () => order(key, 'princess'),
      ({ status }) => status === 201,
    );
    await assertOnce(orderIdOf(answer));
  });

  test('an invoice whose function runs into its timeout is sent by the retry, once', async () => {
    const orderId = `slow-${randomUUID()}`;
    const sending = holdUp((operation, body) => operation === 'PutItem' && body.includes(`"${orderId}"`));
    await shop.announceToInvoices(orderId);
    await sending.found;
    // Longer than the function's timeout of 5 s: Lambda ends the run in the middle of its request.
    await sleep(5_500);
    assert.equal(await shop.count('Invoices', orderId), 0);
    sending.drop();
    assert.equal(
      await until(
        () => shop.count('Invoices', orderId),
        (count) => count > 0,
      ),
      1,
    );
  });

  test('messages that the queue delivers again after a timeout are baked once', async () => {
    // Instead of the deployed 30 s, which six invocations' time would be.
    await shop.hideFor(7);
    const [quick, slow] = [`quick-${randomUUID()}`, `slow-${randomUUID()}`];
    const baking = holdUp((operation, body) => operation === 'PutItem' && body.includes(`"${slow}"`));
    await shop.sendToKitchen(
      [quick, slow].map((orderId) => ({ orderId, body: JSON.stringify({ orderId, cake: 'lemon' }) })),
    );
    await baking.found;
    assert.equal(
      await until(
        () => shop.count('Cakes', quick),
        (count) => count > 0,
      ),
      1,
    );
    await sleep(5_500);
    baking.drop();
    // The whole batch comes again, the finished message too.
    assert.equal(
      await until(
        () => shop.count('Cakes', slow),
        (count) => count > 0,
      ),
      1,
    );
    await quiet();
    assert.deepEqual([await shop.count('Cakes', quick), await shop.count('Cakes', slow)], [1, 1]);
  });

  test('the same SQS message delivered twice is one cake', async () => {
    const orderId = `again-${randomUUID()}`;
    const message = {
      messageId: randomUUID(),
      receiptHandle: 'handle',
      body: JSON.stringify({ orderId, cake: 'marble' }),
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:kitchen',
      awsRegion: 'us-east-1',
    };
    assert.deepEqual(await shop.invoke('Kitchen', { Records: [message] }), { batchItemFailures: [] });
    const again = { ...message, receiptHandle: 'another', attributes: { ApproximateReceiveCount: '2' } };
    assert.deepEqual(await shop.invoke('Kitchen', { Records: [again, again] }), { batchItemFailures: [] });
    assert.equal(await shop.count('Cakes', orderId), 1);
  });

  test('a poisoned order ends in the dead-letter queue, and its batch mates are baked once', async () => {
    await shop.hideFor(1);
    const mates = [`mate-${randomUUID()}`, `mate-${randomUUID()}`];
    const poison = `{"cake": "arsenic", "note": "${randomUUID()}"}`;
    await shop.sendToKitchen([
      ...mates.map((orderId) => ({ orderId, body: JSON.stringify({ orderId, cake: 'lemon' }) })),
      { body: poison },
    ]);
    const failures = await until(shop.kitchenFailures, (bodies) => bodies.includes(poison));
    assert.ok(failures.includes(poison), `the dead-letter queue holds ${JSON.stringify(failures)}`);
    await quiet();
    assert.deepEqual(await Promise.all(mates.map((orderId) => shop.count('Cakes', orderId))), [1, 1]);
  });
});

test('in the end, no order has an effect twice', async () => {
  await quiet();
  for (const effect of ['Charges', 'Cakes', 'Invoices'] as const) {
    const orders = await shop.effects(effect);
    assert.ok(orders.length > 0);
    assert.deepEqual(
      orders.filter((orderId, index) => orders.indexOf(orderId) !== index),
      [],
      `${effect}, twice`,
    );
  }
});

test('all steps remember an order equally long: none is done again while another stands', async () => {
  const fourteenDays = 14 * 24 * 60 * 60;
  const remembered = await shop.remembered();
  assert.ok(remembered.length > 10);
  const others = remembered.filter((seconds) => seconds > fourteenDays + 2 || seconds < fourteenDays - 600);
  assert.deepEqual(others, []);
});

test('all idempotency keys are of scopes that the roles are granted', async () => {
  // MiniStack does not enforce policies; the template's patterns are checked in tests/stack.test.ts.
  assert.deepEqual(await shop.scopes(), [
    'CakeShop-e2e-Invoices',
    'CakeShop-e2e-Kitchen.bake',
    'CakeShop-e2e-Orders',
    'CakeShop-e2e-Orders.chargeCard',
  ]);
});

test('cdk destroy leaves nothing', async () => {
  await cloud.destroyStack();
  await assert.rejects(shop.rows(), { name: 'ResourceNotFoundException' });
});
