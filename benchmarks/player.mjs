/** The network, taken out: answers that were recorded (recorder.mjs) are played back to the SDK. */
import { Readable } from 'node:stream';

/** The same for every column, so that signing and endpoint work are the same too. */
export const clientBasics = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
};

export const operationOf = (request) => request.headers['x-amz-target'].split('.')[1];

/** A request handler that counts. An operation that was not recorded is an error, not a guess. */
export class Player {
  requests = 0;

  /** @param answers what to answer, by operation */
  constructor(answers = {}) {
    this.answers = answers;
  }

  async handle(request) {
    this.requests += 1;
    const answer = this.answers[operationOf(request)];
    if (!answer) throw new Error(`no answer was recorded for ${operationOf(request)}`);
    return { response: responseFrom(answer) };
  }
}

/** A stream, not bytes: Node's own request handler hands the SDK a stream, and reading it is SDK work. */
export function responseFrom({ statusCode, headers, body }) {
  const stream = new Readable({ read() {} });
  stream.push(body);
  stream.push(null);
  return { statusCode, headers: { ...headers }, body: stream };
}
