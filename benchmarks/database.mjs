/** dynalite in a process of its own, so that its work is in nobody's way: sends its endpoint, and ends with its parent. */
import { tsImport } from 'tsx/esm/api';

const { startDynalite } = await tsImport('../tests/support/dynalite.ts', import.meta.url);
const { endpoint } = await startDynalite({ returnsOldItem: true });
process.on('disconnect', () => process.exit());
process.send(endpoint);
