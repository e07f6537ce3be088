import type { Random } from './random.js';

/** What kind of world a seed makes. */
export type ProfileName = 'standard' | 'calm' | 'skewed' | 'unprotected';

export interface Profile {
  readonly name: ProfileName;
  readonly says: string;
  /** Hosts' clocks differ by at most this share of `clockSkewMs`. Above 1 the promises about leases are reduced. */
  readonly skewShare: number;
  readonly hasFaults: boolean;
  readonly whenStoreFails: 'throw' | 'run';
}

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  standard: {
    name: 'standard',
    says: 'all faults, clocks within clockSkewMs',
    skewShare: 1,
    hasFaults: true,
    whenStoreFails: 'throw',
  },
  calm: {
    name: 'calm',
    says: 'no faults: only concurrency, slow functions and clocks within clockSkewMs',
    skewShare: 1,
    hasFaults: false,
    whenStoreFails: 'throw',
  },
  skewed: {
    name: 'skewed',
    says: 'all faults, clocks up to 20 times clockSkewMs apart: leases may be taken over early',
    skewShare: 20,
    hasFaults: true,
    whenStoreFails: 'throw',
  },
  unprotected: {
    name: 'unprotected',
    says: "all faults, whenStoreFails: 'run': effects without a claim are not counted",
    skewShare: 1,
    hasFaults: true,
    whenStoreFails: 'run',
  },
};

export const isProfileName = (name: string): name is ProfileName => Object.hasOwn(profiles, name);

export const describeProfiles = (): string =>
  Object.values(profiles)
    .map(({ name, says }) => `  ${name}: ${says}`)
    .join('\n');

/** Of ten seeds, seven are of the standard profile. */
export const drawProfile = (random: Random): Profile =>
  profiles[
    random.pick<ProfileName>([...Array<ProfileName>(7).fill('standard'), 'calm', 'skewed', 'unprotected'])
  ];

/** Faults begin no later than this; then the world heals, and every key must end. */
export const FAULTS_UNTIL_MS = 30_000;

/** How often each thing goes wrong with one sending of one request, 0 to 1. */
export interface Weather {
  readonly loseRequest: number;
  readonly loseAnswer: number;
  readonly duplicate: number;
  readonly throttle: number;
  readonly deny: number;
  /** One way takes up to `slowMs`, longer than a client waits. */
  readonly slow: number;
  readonly slowMs: number;
  readonly latencyMs: number;
  /** Timers fire up to this late, even on a host that is well. */
  readonly lateTimerMs: number;
}

const clear: Weather = {
  loseRequest: 0,
  loseAnswer: 0,
  duplicate: 0,
  throttle: 0,
  deny: 0,
  slow: 0,
  slowMs: 0,
  latencyMs: 8,
  lateTimerMs: 0,
};

/** Each seed has some faults often and others never: what needs two rare faults together gets its seeds. */
export const drawWeather = (random: Random, { hasFaults }: Profile): Weather => {
  const sometimes = (most: number): number => (random.chance(0.5) ? random.next() * most : 0);
  const latencyMs = random.pick([1, 8, 40]);
  const lateTimerMs = random.pick([0, 3]);
  if (!hasFaults) return { ...clear, latencyMs, lateTimerMs };
  return {
    loseRequest: sometimes(0.4),
    loseAnswer: sometimes(0.5),
    duplicate: sometimes(0.4),
    throttle: sometimes(0.4),
    deny: random.chance(0.2) ? 0.05 : 0,
    slow: sometimes(0.3),
    slowMs: random.pick([500, 3_000, 12_000]),
    latencyMs,
    lateTimerMs,
  };
};

/** Of the present: clear once the time of faults is over. */
export const weatherAt = (weather: Weather, now: number): Weather =>
  now < FAULTS_UNTIL_MS ? weather : { ...clear, latencyMs: weather.latencyMs };
