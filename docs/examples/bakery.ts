/** The effects that the examples protect from happening twice. In your code, a payment provider or another service. */

export interface Order {
  orderId: string;
  cake: string;
  amount: number;
}

export interface Cake {
  number: number;
  cake: string;
}

export const cakes: Cake[] = [];

/** Takes a moment, as every real effect does. */
export const bake = async (order: Order): Promise<Cake> => {
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  const cake = { number: cakes.length + 1, cake: order.cake };
  cakes.push(cake);
  return cake;
};

/** The amounts paid. */
export const payments: number[] = [];

/** A bank that fails `outages` times, can hang after it has paid, and declines amounts above 1,000. */
export const bank = { outages: 0, hangs: false };

export const pay = async ({ amount }: Order): Promise<{ declined?: string }> => {
  if (bank.outages > 0) {
    bank.outages--;
    throw new Error('The bank did not answer.');
  }
  payments.push(amount);
  if (bank.hangs) await new Promise(() => {});
  return amount > 1_000 ? { declined: 'insufficient_funds' } : {};
};
