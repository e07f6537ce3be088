/** What the examples protect: effects that must not happen twice. In your code, a payment provider or another service. */

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
