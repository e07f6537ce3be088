/** What the shop bakes, and its price in cents. */
const prices = { lemon: 2_800, marble: 2_400, princess: 4_200 } as const;

export type Cake = keyof typeof prices;

export const isCake = (name: unknown): name is Cake =>
  typeof name === 'string' && Object.hasOwn(prices, name);

export const priceOf = (cake: Cake): number => prices[cake];

export const menu: readonly string[] = Object.keys(prices);
