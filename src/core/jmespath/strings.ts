import { EvaluationError, spend } from './run.js';
import type { Signatures } from './signatures.js';

const checkWhole = (name: string, value: number, least = -Infinity): void => {
  if (!Number.isInteger(value) || value < least) {
    throw new EvaluationError(`${name}() needs ${least === 0 ? 'an integer of 0 or more' : 'integers'}`);
  }
};

const find =
  (name: string, method: 'indexOf' | 'lastIndexOf') =>
  (_: unknown, text: string, part: string, start = 0, end = text.length): number | null => {
    checkWhole(name, start);
    checkWhole(name, end);
    if (text === '' || part === '') return null;
    const from = Math.max(start, 0);
    const index = text.slice(from, Math.max(end, 0))[method](part);
    return index < 0 ? null : index + from;
  };

/** White space of Unicode, and U+0085, which JavaScript leaves out. */
const isSpace = (character: string): boolean => /[\s\x85]/.test(character);

const trim =
  (atStart: boolean, atEnd: boolean) =>
  (_: unknown, text: string, characters = ''): string => {
    const isTrimmed = characters === '' ? isSpace : (one: string) => characters.includes(one);
    const all = Array.from(text);
    let from = 0;
    let to = all.length;
    while (atStart && from < to && isTrimmed(all[from] as string)) from++;
    while (atEnd && to > from && isTrimmed(all[to - 1] as string)) to--;
    return all.slice(from, to).join('');
  };

export const stringFunctions: Signatures = {
  ends_with: ['s s', (_, text: string, end: string) => text.endsWith(end)],
  find_first: ['s s n? n?', find('find_first', 'indexOf')],
  find_last: ['s s n? n?', find('find_last', 'lastIndexOf')],
  join: [
    's S',
    (run, glue: string, texts: readonly string[]) => {
      for (const text of texts) spend(run, text.length + glue.length);
      return texts.join(glue);
    },
  ],
  lower: ['s', (_, text: string) => text.toLowerCase()],
  replace: [
    's s s n?',
    (run, text: string, part: string, by: string, count = text.length) => {
      checkWhole('replace', count, 0);
      const pieces = text.split(part);
      spend(run, text.length + Math.min(count, pieces.length) * by.length);
      return [pieces.slice(0, count + 1).join(by), ...pieces.slice(count + 1)].join(part);
    },
  ],
  split: [
    's s n?',
    (_, text: string, by: string, count = text.length) => {
      checkWhole('split', count, 0);
      const pieces = by === '' ? Array.from(text) : text.split(by);
      const rest = pieces.slice(count);
      return rest.length === 0 ? pieces : [...pieces.slice(0, count), rest.join(by)];
    },
  ],
  starts_with: ['s s', (_, text: string, start: string) => text.startsWith(start)],
  trim: ['s s?', trim(true, true)],
  trim_left: ['s s?', trim(true, false)],
  trim_right: ['s s?', trim(false, true)],
  upper: ['s', (_, text: string) => text.toUpperCase()],
  ...Object.fromEntries(
    (['Start', 'End'] as const).map((side) => {
      const name = side === 'Start' ? 'pad_left' : 'pad_right';
      const pad: Signatures[string] = [
        's n s?',
        (run, text: string, width: number, by = ' ') => {
          checkWhole(name, width, 0);
          if (Array.from(by).length !== 1) throw new EvaluationError(`${name}() pads with one character`);
          spend(run, width);
          const missing = width - Array.from(text).length;
          const padding = missing > 0 ? by.repeat(missing) : '';
          return side === 'Start' ? padding + text : text + padding;
        },
      ];
      return [name, pad];
    }),
  ),
};
