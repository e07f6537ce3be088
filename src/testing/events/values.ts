import { createHash } from 'node:crypto';

/** Values that builders make up. They depend on the content alone, so that every test run has the same events. */

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

/** When all events were sent, in epoch milliseconds. */
export const SENT_AT = 1_700_000_000_000;

export const hexOf = (...content: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');

/** Equal content gets the same id, different content a different one. */
export const idOf = (...content: readonly unknown[]): string => {
  const hex = hexOf(...content);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

export const traceOf = (...content: readonly unknown[]): string =>
  `Root=1-6553f100-${hexOf(...content).slice(0, 24)}`;

/** Strings stay as they are; other values become JSON. */
export const textOfBody = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

export const arnOf = (service: string, resource: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

/** As gateways write a time: `14/Nov/2023:22:13:20 +0000`. */
export const gatewayTime = (epochMs: number): string => {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(epochMs).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
};

/** What builders of messages fall back to. */
export const ORDER: Readonly<Record<string, unknown>> = Object.freeze({ orderId: 'order-1' });
