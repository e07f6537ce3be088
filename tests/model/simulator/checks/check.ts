import type { Ledger } from '../ledger.js';
import type { Profile } from '../weather.js';
import type { Settings } from '../workload.js';

/** What a check may look at beside its subject. */
export interface Scene {
  readonly ledger: Ledger;
  readonly settings: Settings;
  readonly profile: Profile;
  /** True time. */
  readonly now: number;
}

/** One rule of the auditor. */
export interface Check<Subject> {
  readonly name: string;
  /** The promise of docs/promises.md that it is about. */
  readonly promise: string;
  readonly says: string;
  /** What is wrong, or nothing. */
  readonly broken: (subject: Subject, scene: Scene) => string | undefined;
}
