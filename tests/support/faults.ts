/** What goes wrong, seen from the database: before it (not applied), behind it (applied), or not at all. */
export type FaultKind =
  /** Not applied: the request is read, then the connection is reset. */
  | 'drop-request'
  /** Not applied: the connection is closed before the request's body is read. */
  | 'refuse'
  /** Not applied: no answer, ever. */
  | 'hang'
  /** Not applied: answered with `status` and `errorType`, by default a 500. */
  | 'status'
  /** Not applied: answered with DynamoDB's error for a table that is out of capacity. */
  | 'throttle'
  /** Applied `ms` late, even when the client has given up by then; answered. */
  | 'delay'
  /** Applied: the connection is reset in place of the answer. */
  | 'lose-answer'
  /** Applied: the headers and half of the body are sent, then the connection is reset. */
  | 'cut-answer'
  /** Applied: answered `ms` late. */
  | 'delay-answer'
  /** Applied: no answer, ever. */
  | 'hang-after-apply';

export interface Fault {
  kind: FaultKind;
  /** Such as `PutItem`. Default: every operation. */
  operation?: string;
  /** How many requests it hits; `Infinity` is allowed. Default: 1. */
  times?: number;
  /** How many matching requests, counted from `inject`, it leaves alone first. Default: 0. */
  after?: number;
  /** For `delay` and `delay-answer`. Default: 100. */
  ms?: number;
  /** For `status`. Default: 400 when an `errorType` is named, otherwise 500. */
  status?: number;
  /** For `status`, such as `ThrottlingException`. Default: `InternalServerError`. */
  errorType?: string;
}

/** The faults to come, in the order in which they were injected. */
export class FaultQueue {
  private faults: { fault: Fault; seen: number; left: number }[] = [];

  add(fault: Fault): void {
    this.faults.push({ fault, seen: 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.faults = [];
  }

  /** Every matching fault counts the request, so that `after` means the same whatever else is injected. */
  take(operation: string): Fault | undefined {
    const due = this.faults.filter(
      ({ fault }) => fault.operation === undefined || fault.operation === operation,
    );
    const ready = due.filter((entry) => entry.seen++ >= (entry.fault.after ?? 0));
    const hit = ready.find((entry) => entry.left > 0);
    if (hit) hit.left--;
    return hit?.fault;
  }
}
