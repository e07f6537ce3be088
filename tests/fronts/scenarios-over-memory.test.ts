import { decoratedFront } from './decorated-front.js';
import { fronts } from './fronts.js';
import { describeOverMemory } from './scenarios.js';

describeOverMemory([...fronts, decoratedFront]);
