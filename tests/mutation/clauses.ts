/** The clauses of a DynamoDB condition expression, found in its text. */

export interface Replacement {
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** How a report shows the text, where that is shorter. */
  readonly label?: string;
}

type Token = Pick<Replacement, 'start' | 'end' | 'text'>;

/** Interpolations (`${…}`, without braces in them), names, values, words, operators and punctuation. */
const TOKEN = /\$\{[^{}]*\}|[#:]\w+|\w+|<=|>=|<>|[=<>(),.[\]]/g;

/** A comparison or a function over an attribute, or interpolated conditions that are joined. */
const CONDITION = /#\w+\s*(?:=|<|>)|\b(?:attribute_(?:not_)?exists|begins_with)\s*\(|\}\)?\s+(?:AND|OR)\s/;
/** An update's clause, or a list of them; a condition has commas in parentheses only. */
const UPDATE = /^\s*(?:SET|REMOVE|ADD|DELETE)\s|^[^(]*,/;

export const isCondition = (text: string): boolean => CONDITION.test(text) && !UPDATE.test(text);

/** Where a comparison begins to hold, moved by one step. */
const BOUNDARIES: Readonly<Record<string, string>> = { '<=': '<', '<': '<=', '>=': '>', '>': '>=' };

/**
 * Every way to take one clause out of a condition, or to move its boundary. A clause does not just vanish: DynamoDB
 * refuses expressions that leave a name or a value unused, and every test would fail for that.
 */
export const weakenings = (text: string): readonly Replacement[] => {
  const tokens: Token[] = [...text.matchAll(TOKEN)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: match[0],
  }));
  const found: Replacement[] = [];
  for (const { start, end, text: operator } of tokens) {
    const moved = BOUNDARIES[operator];
    if (moved) found.push({ start, end, text: moved });
  }
  const parts = clauses(text, tokens);
  const whole = { start: 0, end: text.length, ...alwaysTrue(text) };
  return [...found, ...(parts.length > 0 ? parts : [whole])];
};

const grouped = (clause: string): string => (clause.startsWith('${') ? `(${clause})` : clause);
const alwaysTrue = (clause: string) => ({
  text: `(${grouped(clause)} OR NOT ${grouped(clause)})`,
  label: 'always true',
});
const neverTrue = (clause: string) => ({
  text: `(${grouped(clause)} AND NOT ${grouped(clause)})`,
  label: 'never true',
});

/** Takes each operand of the outermost OR or AND out, and goes into those in parentheses. */
const clauses = (text: string, tokens: readonly Token[]): readonly Replacement[] => {
  const ors = split(tokens, 'OR');
  const operands = ors.length > 1 ? ors : split(tokens, 'AND');
  const isOr = ors.length > 1;
  if (operands.length === 1) {
    const inner = withoutParentheses(tokens);
    return inner ? clauses(text, inner) : [];
  }
  return operands.flatMap((operand) => {
    const start = operand[0]?.start ?? 0;
    const end = operand.at(-1)?.end ?? 0;
    const clause = text.slice(start, end);
    const taken = isOr ? neverTrue(clause) : alwaysTrue(clause);
    return [{ start, end, ...taken }, ...clauses(text, operand)];
  });
};

/** The parts between the words of one kind that lie outside of parentheses; BETWEEN has an AND of its own. */
const split = (tokens: readonly Token[], word: 'AND' | 'OR'): readonly (readonly Token[])[] => {
  const parts: Token[][] = [[]];
  let depth = 0;
  let betweens = 0;
  for (const token of tokens) {
    if (token.text === '(') depth++;
    if (token.text === ')') depth--;
    if (token.text === 'BETWEEN') betweens++;
    const isJoint = depth === 0 && token.text === word;
    if (isJoint && word === 'AND' && betweens > 0) betweens--;
    else if (isJoint) {
      parts.push([]);
      continue;
    }
    parts.at(-1)?.push(token);
  }
  return parts;
};

/** What is inside, where one pair of parentheses (and perhaps a NOT) is around everything. */
const withoutParentheses = (tokens: readonly Token[]): readonly Token[] | undefined => {
  const from = tokens[0]?.text === 'NOT' ? 1 : 0;
  return tokens[from]?.text === '(' && tokens.at(-1)?.text === ')' ? tokens.slice(from + 1, -1) : undefined;
};
