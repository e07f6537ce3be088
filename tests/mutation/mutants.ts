import ts from 'typescript';
import { isCondition, type Replacement, weakenings } from './clauses.js';

/** One change of one condition. */
export interface Mutant extends Replacement {
  /** Names it without line numbers: file, place, and what became what. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
}

const BOUNDARIES = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
]);
const EQUALITIES = [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken];
const JOINTS = [ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken];

/** What a mutant changes: a part of the source, shown within a larger one. */
interface Change extends Replacement {
  readonly shown: ts.Node;
}

const replaced = (node: ts.Node, text: string, shown: ts.Node = node): Change => ({
  start: node.getStart(),
  end: node.getEnd(),
  text,
  shown,
});

/** Whether the test of an `if` or `?:`, or an operand of `&&` or `||`, whose own mutants cover it. */
const isCovered = (node: ts.Node): boolean => {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent)) return isCovered(parent);
  if (ts.isIfStatement(parent)) return true;
  if (ts.isConditionalExpression(parent)) return parent.condition === node;
  return ts.isBinaryExpression(parent) && JOINTS.includes(parent.operatorToken.kind);
};

/** The operands of a chain of one operator, such as `a && b && c`. */
const operandsOf = (node: ts.Expression, kind: ts.SyntaxKind): ts.Expression[] =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === kind
    ? [...operandsOf(node.left, kind), node.right]
    : [node];

const ofBinary = (node: ts.BinaryExpression): Change[] => {
  const { operatorToken, parent } = node;
  const { kind } = operatorToken;
  if (JOINTS.includes(kind)) {
    if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === kind) return [];
    const operands = operandsOf(node, kind).map((operand) => operand.getText());
    const joint = ` ${operatorToken.getText()} `;
    return operands.map((_, index) => replaced(node, operands.toSpliced(index, 1).join(joint)));
  }
  const moved = BOUNDARIES.get(kind);
  if (moved !== undefined) return [replaced(operatorToken, moved, node)];
  if (!EQUALITIES.includes(kind) || isCovered(node)) return [];
  return [replaced(node, 'true'), replaced(node, 'false')];
};

const leaves = (statement: ts.Statement): boolean =>
  ts.isBlock(statement)
    ? statement.statements.some(leaves)
    : ts.isReturnStatement(statement) || ts.isThrowStatement(statement) || ts.isContinueStatement(statement);

/** An early exit is taken out; where both ways go on, each is taken always. */
const ofIf = (node: ts.IfStatement): Change[] => {
  const never = replaced(node.expression, 'false', node);
  const isExit = leaves(node.thenStatement) && !node.elseStatement;
  return isExit ? [never] : [never, replaced(node.expression, 'true', node)];
};

type Literal = ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression;

/** A text that is a condition expression. */
const isConditionLiteral = (node: ts.Node): node is Literal =>
  (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node)) &&
  isCondition(node.getText().slice(1, -1));

const ofLiteral = (node: Literal): Change[] =>
  weakenings(node.getText().slice(1, -1)).map((weakening) => ({
    ...weakening,
    start: node.getStart() + 1 + weakening.start,
    end: node.getStart() + 1 + weakening.end,
    shown: node,
  }));

/** A condition under a name is changed at each of its uses: what keeps one write safe does not test another. */
const ofUse = (node: ts.Identifier, literal: Literal): Change[] => {
  const text = literal.getText();
  return ofLiteral(literal).map((change) => {
    const [start, end] = [change.start - literal.getStart(), change.end - literal.getStart()];
    const label = `${text.slice(0, start)}⟦${text.slice(start, end)} → ${change.label ?? change.text}⟧${text.slice(end)}`;
    return { ...replaced(node, applied(text, { start, end, text: change.text })), label };
  });
};

/** The conditions that a file keeps under names. */
const namedConditions = (source: ts.SourceFile): ReadonlyMap<string, Literal> =>
  new Map(
    source.statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .flatMap(({ name, initializer }) =>
        initializer && isConditionLiteral(initializer) ? [[name.getText(), initializer] as const] : [],
      ),
  );

const changesOf = (node: ts.Node, named: ReadonlyMap<string, Literal>): Change[] => {
  if (ts.isBinaryExpression(node)) return ofBinary(node);
  if (ts.isIfStatement(node)) return ofIf(node);
  if (ts.isConditionalExpression(node)) {
    return [replaced(node, node.whenTrue.getText()), replaced(node, node.whenFalse.getText())];
  }
  if (isConditionLiteral(node)) return [...named.values()].includes(node) ? [] : ofLiteral(node);
  const condition = ts.isIdentifier(node) && named.get(node.text);
  return condition && condition.parent !== node.parent ? ofUse(node, condition) : [];
};

/** The names of the declarations around a node, outermost first. */
const placeOf = (node: ts.Node): string => {
  const names: string[] = [];
  for (let around: ts.Node | undefined = node; around; around = around.parent) {
    const name = (around as { name?: ts.Node }).name;
    const declares = ts.isMethodDeclaration(around) || ts.isFunctionDeclaration(around);
    if (name && (declares || ts.isVariableDeclaration(around) || ts.isClassDeclaration(around))) {
      names.unshift(name.getText());
    }
  }
  return names.join('.');
};

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** What became what, and the code around it. */
const described = ({ start, end, text, label = text, shown }: Change, source: ts.SourceFile): string => {
  const was = source.text.slice(start, end);
  if (ts.isIfStatement(shown)) return oneLine(`if (${was}) is ${label}`);
  if (start === shown.getStart() && end === shown.getEnd()) return oneLine(`${was} → ${label}`);
  const [before, after] = [
    source.text.slice(shown.getStart(), start),
    source.text.slice(end, shown.getEnd()),
  ];
  return oneLine(`${before}⟦${was} → ${label}⟧${after}`);
};

/** Every change of every condition in a source file: of the code, and of the condition expressions in its texts. */
export const mutantsOf = (file: string, text: string): readonly Mutant[] => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const seen = new Map<string, number>();
  const named = namedConditions(source);
  const visit = (node: ts.Node): void => {
    for (const change of changesOf(node, named)) {
      const base = `${file} ${placeOf(node)}: ${described(change, source)}`;
      const count = (seen.get(base) ?? 0) + 1;
      seen.set(base, count);
      const { start, end, text } = change;
      const line = source.getLineAndCharacterOfPosition(start).line + 1;
      mutants.push({ id: count === 1 ? base : `${base} (${count})`, file, line, start, end, text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
};

export const applied = (source: string, { start, end, text }: Replacement): string =>
  source.slice(0, start) + text + source.slice(end);
