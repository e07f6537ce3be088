export type { CompressionOptions } from '../core/codecs/compression.js';
export { typedJson } from '../core/codecs/pipeline.js';
export { compressed } from './compressed.js';
export {
  type DataKey,
  type EncryptionOptions,
  encrypted,
  type KeyFunction,
  type KeyOwner,
} from './encrypted.js';
export { type S3ResultsOptions, s3Results } from './s3.js';
export { type ModelFunctions, serialized } from './serialized.js';
