/** What a planted bug is tried on: this file is bundled with the bug in it. */
export { exploreModel } from './explorer/model.js';
export { simulate } from './simulator/simulate.js';
