/**
 * Results of a given size, the same on every run: `orders`, a list as APIs return it; `uuids`, the same with two random
 * ids of 128 bits in each order; `tokens`, which hardly compress (ids and base64).
 */

/** A small generator of numbers from 0 to 1 (mulberry32), so that every run measures the same bytes. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const cakes = ['Sachertorte', 'Black Forest', 'Carrot cake', 'Battenberg', 'Red velvet', 'Lemon drizzle'];
const streets = ['Baker Street', 'Rue de la Paix', 'Getreidegasse', 'Calle Mayor', 'Unter den Linden'];
const states = ['ACCEPTED', 'BAKING', 'SHIPPED', 'DELIVERED'];

const hexOf = (random, digits) =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
const uuidOf = (random) => [8, 4, 4, 4, 12].map((digits) => hexOf(random, digits)).join('-');
const oneOf = (random, values) => values[Math.floor(random() * values.length)];
const bytesOf = (random, count) => Buffer.from(Array.from({ length: count }, () => random() * 256));

const order = (random, orderId, customerId) => ({
  orderId,
  status: oneOf(random, states),
  createdAt: new Date(1_790_000_000_000 + Math.floor(random() * 1e9)).toISOString(),
  customer: {
    customerId,
    email: `guest${Math.floor(random() * 1e5)}@example.com`,
    address: {
      street: `${oneOf(random, streets)} ${Math.floor(random() * 200)}`,
      city: 'Vienna',
      country: 'AT',
    },
  },
  items: Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
    sku: `CAKE-${Math.floor(random() * 1e4)}`,
    name: oneOf(random, cakes),
    quantity: 1 + Math.floor(random() * 4),
    unitPrice: { amount: Math.floor(random() * 9_000) / 100, currency: 'EUR' },
  })),
  total: { amount: Math.floor(random() * 30_000) / 100, currency: 'EUR' },
});

const token = (random) => ({ id: uuidOf(random), token: bytesOf(random, 96).toString('base64') });

const makers = {
  orders: (random) => order(random, `ord_${hexOf(random, 8)}`, `cus_${hexOf(random, 8)}`),
  uuids: (random) => order(random, uuidOf(random), uuidOf(random)),
  tokens: token,
};

export const kinds = Object.keys(makers);

/**
 * @param {'orders' | 'uuids' | 'tokens'} kind
 * @param {number} bytes of its JSON, to the byte
 */
export function resultOf(kind, bytes) {
  const random = randomFrom(bytes);
  const items = [];
  const result = { page: 1, items, note: '' };
  const size = () => JSON.stringify(result).length;
  let left = bytes - size();
  while (left > 0) {
    const item = makers[kind](random);
    const length = JSON.stringify(item).length + (items.length > 0 ? 1 : 0);
    if (length > left) break;
    items.push(item);
    left -= length;
  }
  // What is left is text of the same kind.
  result.note =
    kind === 'tokens'
      ? bytesOf(random, left).toString('base64').slice(0, left)
      : 'Thank you for your order. Cakes are baked on the day. '.repeat(12).slice(0, left);
  return result;
}
