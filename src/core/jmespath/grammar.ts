import type { Node, Over } from './ast.js';

/** How tightly a sign binds to what stands before it. */
export const POWER: Readonly<Record<string, number>> = {
  '|': 1,
  '?': 2,
  '||': 3,
  '&&': 4,
  '==': 5,
  '!=': 5,
  '<': 5,
  '<=': 5,
  '>': 5,
  '>=': 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  '//': 7,
  '%': 7,
  '[]': 9,
  '[?': 21,
  '.': 40,
  '[': 55,
};
export const FLATTEN = 9;
export const STAR = 20;
export const FILTER = 21;
export const DOT = 40;
export const NOT = 45;
/** Signs that bind less end a projection. */
export const PROJECTION_END = 10;

export const CURRENT: Node = { kind: 'current' };

/** One path where two meet: `a.b.c` is no tower of three. */
export const chained = (left: Node, right: Node): Node => {
  const last = left.kind === 'chain' ? left.right : left;
  if (last.kind === 'path' && right.kind === 'path') {
    for (const step of right.steps) last.steps.push(step);
    return left;
  }
  const stopsAtNull = right.kind === 'path' || right.kind === 'slice';
  return left.kind === 'current' && stopsAtNull ? right : { kind: 'chain', left, right };
};

export const projected = (left: Node, over: Over, right: Node): Node => ({
  kind: 'project',
  left,
  right,
  over,
});
