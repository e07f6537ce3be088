import { promisify } from 'node:util';
import { IdempotencyResultError } from '../protocol/errors.js';
import type { Transform } from './transform.js';

/** Options of `compressed`. */
export interface CompressionOptions {
  /** The algorithm. Default: `'brotli'`. */
  readonly algorithm?: 'brotli' | 'gzip' | undefined;
  /** The algorithm's level: for brotli 0 to 11, default 5; for gzip 0 to 9, default 6. */
  readonly level?: number | undefined;
  /** Compress larger results, in bytes. Default: compress if it saves at least one DynamoDB write unit (1 KB). */
  readonly aboveBytes?: number | undefined;
  /** Larger results are not compressed, and not read if compressed; in bytes. Default: 20 MB; at most 4 GB. */
  readonly maxInflatedBytes?: number | undefined;
}

const DEFAULT_LEVEL = { brotli: 5, gzip: 6 };
/** Above what a Lambda can return, 6 MB; larger by option. */
const MAX_INFLATED_BYTES = 20 * 2 ** 20;
const WRITE_UNIT_BYTES = 1_024;

const unitsOf = (bytes: number): number => Math.ceil(bytes / WRITE_UNIT_BYTES);

/** Loaded on first use: most results are small. */
const loadZlib = () => import('node:zlib');

export const compression = (options: CompressionOptions = {}): Transform => {
  const { algorithm = 'brotli', aboveBytes, maxInflatedBytes = MAX_INFLATED_BYTES } = options;
  const level = options.level ?? DEFAULT_LEVEL[algorithm];

  const compress = async (data: string | Uint8Array, size: number): Promise<Buffer> => {
    const { brotliCompress, constants, gzip } = await loadZlib();
    if (algorithm === 'gzip') return promisify(gzip)(data, { level });
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
    return promisify(brotliCompress)(data, {
      params: { [BROTLI_PARAM_QUALITY]: level, [BROTLI_PARAM_SIZE_HINT]: size },
    });
  };

  const inflate = async (name: string, data: Uint8Array): Promise<Uint8Array> => {
    const { brotliDecompress, gunzip } = await loadZlib();
    const limits = { maxOutputLength: maxInflatedBytes };
    return name === 'gzip' ? promisify(gunzip)(data, limits) : promisify(brotliDecompress)(data, limits);
  };

  return {
    names: ['br', 'gzip'],

    encode(data, { recordBytes }) {
      const size = Buffer.byteLength(data);
      const units = unitsOf(recordBytes + size);
      if (size > maxInflatedBytes || (aboveBytes === undefined ? units === 1 : size <= aboveBytes))
        return undefined;
      const isWorthIt = (packedBytes: number): boolean =>
        aboveBytes === undefined ? unitsOf(recordBytes + packedBytes) < units : packedBytes < size;
      const name = algorithm === 'gzip' ? 'gzip' : 'br';
      return compress(data, size).then((packed) =>
        isWorthIt(packed.byteLength) ? { name, data: packed } : undefined,
      );
    },

    async decode({ name, data }) {
      try {
        return await inflate(name, data as Uint8Array);
      } catch (error) {
        const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
        throw new IdempotencyResultError(
          isTooLarge
            ? `the stored result inflates to more than \`maxInflatedBytes\` (${maxInflatedBytes} bytes)`
            : 'the stored result is damaged: it cannot be decompressed',
        );
      }
    },
  };
};
