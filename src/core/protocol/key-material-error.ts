/** Key material that cannot be used. The message names the reason, never a value. */
export class KeyMaterialError extends Error {}
