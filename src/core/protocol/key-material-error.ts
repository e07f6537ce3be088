/** The key material cannot be used. The message gives the reason, never a value. */
export class KeyMaterialError extends Error {}
