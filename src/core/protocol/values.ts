export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether it must be awaited. */
export const isPromiseLike = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

const MAX_QUOTED = 80;

/** Text from a record, for a message: anyone who can write to the table may have written it. */
export const quoted = (text: string, max: number = MAX_QUOTED): string => {
  const line = text.slice(0, max).replace(/\p{C}/gu, '\u{fffd}');
  return text.length > max ? `${line}…` : line;
};

/** A lone surrogate has no bytes of its own in UTF-8: two texts that differ only in one would be the same. */
export const hasLoneSurrogate = (text: string): boolean => /\p{Surrogate}/u.test(text);
