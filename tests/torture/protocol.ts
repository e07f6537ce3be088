/** What a worker and its controller say to each other: JSON, a line each. */

/** How a delivery enters the library: rejected while another runs, waiting for it, or with a local cache. */
export type Front = 'throw' | 'wait' | 'cached';

/** One of several deliveries of a key's event; it comes again until it is answered. */
export interface Delivery {
  readonly id: number;
  readonly key: string;
  readonly front: Front;
  /** Whether the function throws, before its effect. */
  readonly fails: boolean;
  /** How long the function works before and after its effect, milliseconds. */
  readonly workMs: readonly [number, number];
}

/** A delivery as a worker gets it; the ticket tells its givings apart. */
export interface Given extends Delivery {
  readonly ticket: number;
}

/** What the function returns. */
export interface Receipt {
  readonly key: string;
  readonly effect: string;
}

/** Told before and after each store call, by number; the worker stands still until it may go on. */
export interface Point {
  readonly kind: 'point';
  readonly side: 'before' | 'after';
  /** Counts the store calls of one worker process, from 1. */
  readonly call: number;
  readonly operation: string;
  readonly key: string;
  /** Of the record: what the library made of the key. */
  readonly id: string;
  /** Of the claim that asks. */
  readonly fence?: string;
  /** End of the lease of a claim that was won, by the worker's clock. */
  readonly leaseUntil?: number;
  /** Whether the claim was won, or the holder's write held. */
  readonly won?: boolean;
  /** Whether the claim displaced a running record. */
  readonly tookOver?: boolean;
}

/** Counts as done once the controller has answered. */
export interface Effect extends Receipt {
  readonly kind: 'effect';
  readonly fence: string;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | Point
  | Effect
  | { readonly kind: 'answer'; readonly ticket: number; readonly answer: unknown }
  | {
      readonly kind: 'refused';
      readonly ticket: number;
      readonly error: string;
      readonly message: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'leaseLost' };

export interface WorkerSetup {
  readonly endpoint: string;
  readonly tableName: string;
  readonly leaseMs: number;
  readonly clockSkewMs: number;
  /** Name of a bug to plant, to prove that the audit finds it. */
  readonly plantedBug?: string | undefined;
}

/** The user's own error, thrown where a delivery says so. */
export const DECLINED = 'PaymentDeclined';
