import { LeanClient } from '../../../../src/stores/dynamodb/lean/client.js';
import { processHost } from '../../../../src/stores/dynamodb/lean/host.js';

/** Sends one request to the endpoint, and prints the answer or the name of the failure. */
const endpoint = process.argv[2] ?? '';
try {
  const { members } = await new LeanClient({ endpoint }, processHost).send('GetItem', '{}');
  console.log(JSON.stringify(members));
} catch (error) {
  console.log((error as Error).name);
}
