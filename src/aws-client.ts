/** What the AWS clients of this library's own have in common, whatever service they call. */

/** The package's version; a test keeps it equal to package.json's. */
export const version = '0.1.0';

/** @param requestTimeoutMs how long an answer may take */
export const clientDefaults = (
  requestTimeoutMs: number,
): {
  maxAttempts: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: true };
  customUserAgent: [string, string][];
} => ({
  maxAttempts: 3,
  // Without throwOnRequestTimeout, the SDK only logs a warning and keeps waiting.
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  },
  customUserAgent: [['lambda-idempotency', version]],
});

// No `instanceof Error`: in Jest and node:vm, network errors come from another realm.
export const nameOf = (error: unknown): string => String((error as Partial<Error> | undefined)?.name);
