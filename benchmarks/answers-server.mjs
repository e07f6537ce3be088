/**
 * Plays recorded answers back over HTTP, in a process of its own: what clients cost on a real connection is then all that
 * differs. Gets `{ [name]: answers by operation }` as its first message, and sends `{ [name]: endpoint }`.
 */
import http from 'node:http';

const listen = (answers) =>
  new Promise((resolve) => {
    const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      request.resume();
      request.on('end', () => {
        const answer = answers[request.headers['x-amz-target'].split('.')[1]];
        const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = answer.headers;
        response.writeHead(answer.statusCode, { ...headers, 'content-length': answer.body.length });
        response.end(answer.body);
      });
    });
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });

process.on('disconnect', () => process.exit());
process.once('message', async (recorded) => {
  const endpoints = {};
  for (const [name, answers] of Object.entries(recorded)) endpoints[name] = await listen(answers);
  process.send(endpoints);
});
