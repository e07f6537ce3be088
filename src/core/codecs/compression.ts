import { promisify } from 'node:util';
import { IdempotencyResultError } from '../protocol/errors.js';
import type { Stage } from './stage.js';

export interface CompressionOptions {
  /** Default: `'brotli'`. */
  readonly algorithm?: 'brotli' | 'gzip' | undefined;
  /** Of the algorithm: brotli 0 to 11, default 5; gzip 0 to 9, default 6. */
  readonly level?: number | undefined;
  /** Compress what is larger. Default: what becomes at least one write unit of DynamoDB (1 KB) smaller by it. */
  readonly aboveBytes?: number | undefined;
  /** What inflates past it is not read, and what is larger is not compressed. Default: 32 MB; 4 GB at most. */
  readonly maxInflatedBytes?: number | undefined;
}

const DEFAULT_LEVEL = { brotli: 5, gzip: 6 };
const MAX_INFLATED_BYTES = 32 * 2 ** 20;
const WRITE_UNIT_BYTES = 1_024;

const unitsOf = (bytes: number): number => Math.ceil(bytes / WRITE_UNIT_BYTES);

/** Loaded when first needed: most results are small. */
const load = () => import('node:zlib');

export const compression = (options: CompressionOptions = {}): Stage => {
  const { algorithm = 'brotli', aboveBytes, maxInflatedBytes = MAX_INFLATED_BYTES } = options;
  const level = options.level ?? DEFAULT_LEVEL[algorithm];

  const compress = async (data: string | Uint8Array, size: number): Promise<Buffer> => {
    const { brotliCompress, constants, gzip } = await load();
    if (algorithm === 'gzip') return promisify(gzip)(data, { level });
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
    return promisify(brotliCompress)(data, {
      params: { [BROTLI_PARAM_QUALITY]: level, [BROTLI_PARAM_SIZE_HINT]: size },
    });
  };

  const inflate = async (name: string, data: Uint8Array): Promise<Uint8Array> => {
    const { brotliDecompress, gunzip } = await load();
    const limits = { maxOutputLength: maxInflatedBytes };
    return name === 'gzip' ? promisify(gunzip)(data, limits) : promisify(brotliDecompress)(data, limits);
  };

  return {
    names: ['br', 'gzip'],

    async encode(data, { recordBytes }) {
      const size = Buffer.byteLength(data);
      const units = unitsOf(recordBytes + size);
      if (size > maxInflatedBytes || (aboveBytes === undefined ? units === 1 : size <= aboveBytes))
        return undefined;
      const packed = await compress(data, size);
      const isWorthIt =
        aboveBytes === undefined
          ? unitsOf(recordBytes + packed.byteLength) < units
          : packed.byteLength < size;
      return isWorthIt ? { name: algorithm === 'gzip' ? 'gzip' : 'br', data: packed } : undefined;
    },

    async decode({ name, data }) {
      try {
        return await inflate(name, data as Uint8Array);
      } catch (error) {
        const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
        throw new IdempotencyResultError(
          isTooLarge
            ? `the stored result inflates past ${maxInflatedBytes} bytes, its limit (\`maxInflatedBytes\`)`
            : 'the stored result is damaged: it does not inflate',
        );
      }
    },
  };
};
