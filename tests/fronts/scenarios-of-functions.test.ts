import { functionFronts } from './fronts.js';
import { describeOverDynalite } from './scenarios.js';

describeOverDynalite(functionFronts);
