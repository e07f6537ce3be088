/** All scenarios, in the order of the table. Each: `id`, a user's `words`, what is `expected`, and how it is played. */
import { crashes } from './scenarios/crashes.mjs';
import { duplicates } from './scenarios/duplicates.mjs';
import { functions } from './scenarios/functions.mjs';
import { keys } from './scenarios/keys.mjs';
import { middy } from './scenarios/middy.mjs';
import { network } from './scenarios/network.mjs';
import { results } from './scenarios/results.mjs';
import { surroundings } from './scenarios/surroundings.mjs';

const groups = {
  Duplicates: duplicates,
  'Keys and payloads': keys,
  'Results and errors': results,
  'Network and database': network,
  'Crashes, timeouts, clocks': crashes,
  'Several functions': functions,
  Middy: middy,
  'Configuration and cost': surroundings,
};

export const scenarios = Object.entries(groups).flatMap(([group, ofGroup]) =>
  ofGroup.map((scenario) => ({ group, ...scenario })),
);
