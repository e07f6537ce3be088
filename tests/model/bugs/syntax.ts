import ts from 'typescript';

/** A part of a text, from its first character to after its last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export const parse = (text: string, file: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);

const CLOSING = new Set([')', ']', '}']);

/** The node as one line of tokens: without white space, comments, and commas that only a formatter sets. */
const normalised = (node: ts.Node, source: ts.SourceFile): string => {
  const tokens: string[] = [];
  const visit = (each: ts.Node): void => {
    const children = each.getChildren(source);
    if (children.length > 0) {
      children.forEach(visit);
      return;
    }
    const text = ts.isStringLiteral(each) ? JSON.stringify(each.text) : each.getText(source);
    if (CLOSING.has(text) && tokens.at(-1) === ',') tokens.pop();
    if (text !== '') tokens.push(text);
  };
  visit(node);
  return tokens.join(' ');
};

/** The functions, constants and classes at the top of a file, by name. */
export const declarationsOf = (source: ts.SourceFile): Map<string, ts.Node> => {
  const found = new Map<string, ts.Node>();
  for (const statement of source.statements) {
    if ((ts.isFunctionDeclaration(statement) && statement.body) || ts.isClassDeclaration(statement)) {
      if (statement.name) found.set(statement.name.text, statement);
    }
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations) {
      if (ts.isIdentifier(declaration.name)) found.set(declaration.name.text, declaration);
    }
  }
  return found;
};

/** Where a node inside `within` reads as `text`. Nodes over the same characters are one place. */
export const placesOf = (text: string, within: ts.Node, source: ts.SourceFile): readonly Range[] => {
  const wanted = normalised(parse(text, 'find.ts'), parse(text, 'find.ts'));
  const places = new Map<number, Range>();
  const visit = (node: ts.Node): void => {
    if (normalised(node, source) === wanted) {
      const range = { from: node.getStart(source), to: node.getEnd() };
      places.set(range.from, range);
    }
    node.forEachChild(visit);
  };
  within.forEachChild(visit);
  return [...places.values()];
};

/** What the compiler cannot read in a text. */
export const syntaxErrorsOf = (text: string): readonly string[] => {
  const { diagnostics = [] } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
};
