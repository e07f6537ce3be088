/**
 * The process that does the measured work, for all columns: `node columns.mjs bare peer ours`. One, because V8 does not
 * optimise the SDK alike in two (seen here: equal columns in processes of their own differed by up to 25 %); not the
 * parent, so that the database and other machinery are in nobody's way.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { eventNamed, lambdaContext } from './events.mjs';
import { loadLibrary } from './libraries.mjs';
import { clientBasics, Player } from './player.mjs';

const libraries = new Map();
for (const name of process.argv.slice(2)) libraries.set(name, await loadLibrary(name));

/** Not through `await`: a turn of the event loop costs as much as what is measured here. */
const repeat = (work) => (repetitions) => {
  for (let done = 0; done < repetitions; done += 1) work();
};

const inSequence = (call, event) => async (repetitions) => {
  for (let done = 0; done < repetitions; done += 1) await call(event, lambdaContext);
};

const prepare = {
  call(library, { event, answers, key }) {
    const client = new DynamoDBClient({ ...clientBasics, requestHandler: new Player(answers) });
    return inSequence(library.make(client, library.optionsFor?.(key)), eventNamed(event));
  },
  /** Over a real connection, with the client that the column would have. */
  connection: (library, { event, endpoint }) =>
    inSequence(library.connect({ ...clientBasics, endpoint }), eventNamed(event)),
  hash(library, { event: name }) {
    const event = eventNamed(name);
    return repeat(() => library.hash(event));
  },
  jmesPath(library, { event: name, expression }) {
    const event = eventNamed(name);
    const search = library.jmesPath(expression);
    return repeat(() => search(event));
  },
};

function processorMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const runs = new Map();
process.on('message', async ({ column, cell, repetitions }) => {
  if (cell) runs.set(column, prepare[cell.kind](libraries.get(column), cell));
  const run = runs.get(column);
  // Not counted: the other columns' turns have emptied the caches, which a single column would find warm.
  await run(Math.floor(repetitions / 2));
  const before = processorMicros();
  await run(repetitions);
  process.send(processorMicros() - before);
});
