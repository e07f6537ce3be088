/** A system whose every state is to be seen. */
export interface System<State> {
  readonly initial: readonly State[];
  /** Every single thing that may happen next, with its name. */
  readonly next: (state: State) => Iterable<readonly [action: string, State]>;
  /** Equal for states that cannot be told apart. */
  readonly keyOf: (state: State) => string;
  /** States of a later round are visited after all of an earlier one. */
  readonly roundOf: (state: State) => number;
  /** The invariant that the state breaks, or undefined. */
  readonly broken: (state: State) => string | undefined;
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** Set where an invariant is broken: which, and how to get there. */
  readonly counterexample?: { readonly invariant: string; readonly path: readonly string[] };
}

/** How a state was reached; the states themselves are given up once visited. */
interface Way {
  readonly action: string;
  readonly from: Way | undefined;
}

const pathOf = (way: Way): string[] => {
  const path: string[] = [];
  for (let each: Way | undefined = way; each; each = each.from) path.unshift(each.action);
  return path;
};

/** Visits every reachable state once, nearest first within a round, and stops at the first that breaks an invariant. */
export const exploreAll = <State>(system: System<State>): Exploration => {
  const { initial, next, keyOf, roundOf, broken } = system;
  const known = new Set<string>();
  let transitions = 0;
  let round = 0;
  let later: (readonly [State, Way])[] = initial.map((state, index) => [
    state,
    { action: `beginning ${index + 1}`, from: undefined },
  ]);
  while (later.length > 0) {
    const now: (readonly [State, Way])[] = [];
    const discover = (state: State, way: Way): void => {
      const key = keyOf(state);
      if (known.has(key)) return;
      known.add(key);
      now.push([state, way]);
    };
    const begun = later;
    later = [];
    for (const [state, way] of begun) discover(state, way);
    // `now` grows while it is walked through.
    for (let index = 0; index < now.length; index++) {
      const [state, way] = now[index] as readonly [State, Way];
      now[index] = undefined as never;
      const invariant = broken(state);
      if (invariant !== undefined) {
        return { states: known.size, transitions, counterexample: { invariant, path: pathOf(way) } };
      }
      for (const [action, reached] of next(state)) {
        transitions++;
        const reachedBy = { action, from: way };
        if (roundOf(reached) > round) later.push([reached, reachedBy]);
        else discover(reached, reachedBy);
      }
    }
    round++;
  }
  return { states: known.size, transitions };
};
