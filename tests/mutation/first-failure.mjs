/** A Jest reporter that keeps the first failure, in the file that FIRST_FAILURE names, and ends the run there. */
import { writeFileSync } from 'node:fs';

export default class FirstFailure {
  onTestCaseResult(test, { status, fullName, failureMessages }) {
    if (status === 'failed') end(`${test.path}: ${fullName}`, failureMessages.join('\n'));
  }

  onTestFileResult(test, { testExecError, failureMessage }) {
    if (testExecError) end(`${test.path}: did not load`, failureMessage);
  }
}

const end = (by, message) => {
  writeFileSync(process.env['FIRST_FAILURE'], JSON.stringify({ by, message }));
  process.exit(1);
};
