import { KeyMaterialError } from '../protocol/key-material-error.js';

/** Deeper values are rejected, long before recursion exhausts the stack. Real events nest a few dozen levels. */
const MAX_DEPTH = 1_000;

/** @throws KeyMaterialError for a value that is too deep, as circular ones are */
export const deeper = (depth: number): number => {
  if (depth < MAX_DEPTH) return depth + 1;
  throw new KeyMaterialError(
    `its value is circular or nested deeper than ${MAX_DEPTH} levels; select fields with \`eventKey\``,
  );
};
