import { KeyMaterialError } from '../protocol/key-material-error.js';

/** Receives what was written so far, in order. The bytes are overwritten afterwards. */
export type Drain = (chunk: Uint8Array | string) => void;

/** Passed on in chunks of this size, so that a key of megabytes needs no buffer of megabytes. */
const CHUNK = 65_536;

/** Most keys are shorter. */
const FIRST_SIZE = 4_096;

/** Far more than an event can hold: only repeated references to the same objects reach it. */
const MAX_WRITTEN = 2 ** 28;

/** Shorter strings are cheaper to write here than in native code. */
const LONG_TEXT = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The buffer behind the canonical writer. It is used again for the next key. */
export class ByteWriter {
  // Not from Node's shared pool of small buffers: the written bytes must not be visible elsewhere.
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;
  #drained = 0;
  /** Above 0: what is written is read again, so it must stay in the buffer. */
  #held = 0;
  #drain: Drain | undefined;

  /** @param drain gets full chunks; what is left at the end is `written` */
  begin(drain: Drain): void {
    this.#drain = drain;
  }

  /** Also after a failure. Large buffers are given up. */
  end(): void {
    this.#length = 0;
    this.#drained = 0;
    this.#held = 0;
    this.#drain = undefined;
    if (this.#bytes.length > CHUNK) this.#bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  /** The bytes not yet passed on. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Runs `write`, and takes what it wrote out of the buffer again. The bytes are valid until the next write. */
  aside(write: () => void): Buffer {
    const start = this.#hold();
    write();
    this.#held--;
    const piece = this.#bytes.subarray(start, this.#length);
    this.#length = start;
    return piece;
  }

  #hold(): number {
    this.#held++;
    return this.#length;
  }

  /** JSON text of a string. */
  text(text: string): void {
    const { length } = text;
    if (length > LONG_TEXT) {
      this.#native(text);
      return;
    }
    // Twice the length, since every character may be escaped.
    this.#reserve(length * 2 + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code >= 0x7f) {
        this.#native(text);
        return;
      }
      if (code === QUOTE || code === BACKSLASH) bytes[at++] = BACKSLASH;
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  #native(text: string): void {
    // Escapes lone surrogates, which have no bytes in UTF-8.
    this.utf8(JSON.stringify(text));
  }

  utf8(text: string): void {
    if (this.#held === 0 && text.length > CHUNK) {
      this.#pass(this.written);
      this.#length = 0;
      this.#pass(text);
      return;
    }
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length);
  }

  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    this.#length = at + length;
  }

  byte(byte: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    if (this.#held === 0 && this.#length >= CHUNK / 2) {
      this.#pass(this.written);
      this.#length = 0;
      if (count <= this.#bytes.length) return;
    }
    if (this.#length + count > MAX_WRITTEN) throw tooLarge();
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.written);
    this.#bytes = larger;
  }

  #pass(chunk: Uint8Array | string): void {
    this.#drained += chunk.length;
    if (this.#drained > MAX_WRITTEN) throw tooLarge();
    this.#drain?.(chunk);
  }
}

const tooLarge = (): KeyMaterialError =>
  new KeyMaterialError('its value is longer than 256 MB when written out; select fields with `eventKey`');
