import { createHash, createHmac } from 'node:crypto';
import type { LeanCredentials } from './config.js';

/** AWS Signature Version 4. The signing key, derived from the secret for one day, is kept. */

const ALGORITHM = 'AWS4-HMAC-SHA256';

export interface Canonical {
  readonly method: string;
  /** By `canonicalPath`. */
  readonly path: string;
  /** Sorted and encoded. */
  readonly query: string;
  /** Lines of `name:value`, sorted, each with its line break. */
  readonly headers: string;
  /** The names of the headers, sorted, with semicolons between. */
  readonly signed: string;
  readonly body: string;
}

export interface Signer {
  /**
   * @param date in the format of `x-amz-date`
   * @returns the header `authorization`
   */
  sign(request: Canonical, credentials: LeanCredentials, date: string): string;
}

const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');

/** `20260131T235959Z` */
export const amzDate = (epochMs: number): string =>
  new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** The sent path, encoded once more, except for its slashes. */
export const canonicalPath = (path: string): string =>
  encodeURIComponent(path)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');

export const makeSigner = (region: string, service: string): Signer => {
  let kept: { readonly day: string; readonly secret: string; readonly key: Buffer } | undefined;
  const keyOf = (day: string, secret: string): Buffer => {
    if (kept?.day !== day || kept.secret !== secret) {
      const key = ['aws4_request', service, region, day].reduceRight<string | Buffer>(hmac, `AWS4${secret}`);
      kept = { day, secret, key: key as Buffer };
    }
    return kept.key;
  };
  return {
    sign({ method, path, query, headers, signed, body }, { accessKeyId, secretAccessKey }, date) {
      const day = date.slice(0, 8);
      const scope = `${day}/${region}/${service}/aws4_request`;
      const request = `${method}\n${path}\n${query}\n${headers}\n${signed}\n${sha256(body)}`;
      const toSign = `${ALGORITHM}\n${date}\n${scope}\n${sha256(request)}`;
      const signature = createHmac('sha256', keyOf(day, secretAccessKey)).update(toSign).digest('hex');
      return `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
    },
  };
};
