export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A lone surrogate has no bytes of its own in UTF-8: two texts that differ only in one would be the same. */
export const hasLoneSurrogate = (text: string): boolean => /\p{Surrogate}/u.test(text);
