/** What a user's CommonJS file gets. */
const { readFileSync } = require('node:fs');

exports.load = (path) => require(path);
exports.resolve = (path) => require.resolve(path);
exports.manifest = () => JSON.parse(readFileSync(require.resolve('lambda-idempotency/package.json'), 'utf8'));
