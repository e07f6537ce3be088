/** The request cannot succeed as it is. */
export class BadRequestError extends Error {}
