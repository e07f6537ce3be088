import { decoratedFront } from './decorated-front.js';
import { fronts, functionFronts } from './fronts.js';
import { describeOverDynalite } from './scenarios.js';

/** All that are no functions: a new front is played without being named here. */
describeOverDynalite([...fronts.filter((front) => !functionFronts.includes(front)), decoratedFront]);
