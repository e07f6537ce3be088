/** dynalite in a process of its own, which no fault of the torture touches. Ends with its parent. */
import { startDynalite } from '../support/dynalite.js';

const { endpoint } = await startDynalite();
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.send?.(endpoint);
