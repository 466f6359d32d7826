/** Small changes to a program, made by rule: each of them is a bug that somebody could have written. */
import ts from 'typescript';

const { SyntaxKind: Kind } = ts;

/** Operators and what they are mistaken for. */
const OPERATORS = new Map([
  [Kind.PlusToken, '-'],
  [Kind.MinusToken, '+'],
  [Kind.AsteriskToken, '+'],
  [Kind.SlashToken, '*'],
  [Kind.PercentToken, '*'],
  [Kind.LessThanToken, '<='],
  [Kind.LessThanEqualsToken, '<'],
  [Kind.GreaterThanToken, '>='],
  [Kind.GreaterThanEqualsToken, '>'],
  [Kind.EqualsEqualsEqualsToken, '!=='],
  [Kind.ExclamationEqualsEqualsToken, '==='],
  [Kind.AmpersandAmpersandToken, '||'],
  [Kind.BarBarToken, '&&'],
  [Kind.PlusEqualsToken, '-='],
]);

/** Functions and what they are mistaken for. */
const FUNCTIONS = new Map([
  ['Math.max', 'Math.min'],
  ['Math.min', 'Math.max'],
  ['Math.floor', 'Math.ceil'],
  ['Math.ceil', 'Math.floor'],
  ['Number.NEGATIVE_INFINITY', '0'],
  ['Number.POSITIVE_INFINITY', '0'],
]);

/**
 * Every mutant of a source file: an operator or a function changed, a loop's bound off by one, an index or a number changed, the two
 * sides of a condition swapped.
 */
export function mutantsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const mutants = [];
  const add = (rule, node, to) => {
    const start = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(start);
    mutants.push({ file, line: line + 1, rule, from: text.slice(start, node.end), to, start, end: node.end });
  };
  const visit = node => {
    if (isNoProgram(node)) return;
    if (ts.isBinaryExpression(node)) {
      const other = OPERATORS.get(node.operatorToken.kind);
      // A loop's bound is changed below.
      const isBound = ts.isForStatement(node.parent) && node.parent.condition === node;
      if (other && !isBound) add('operator', node.operatorToken, other);
    }
    if (ts.isForStatement(node) && node.condition && ts.isBinaryExpression(node.condition)) {
      const bound = node.condition.right;
      add('bound', bound, `(${bound.getText(source)} - 1)`);
      add('bound', bound, `(${bound.getText(source)} + 1)`);
    }
    if (ts.isElementAccessExpression(node))
      add('index', node.argumentExpression, `(${node.argumentExpression.getText(source)}) + 1`);
    if (ts.isNumericLiteral(node)) add('number', node, String(Number(node.text) + 1));
    if (ts.isPrefixUnaryExpression(node) && node.operator === Kind.MinusToken)
      add('sign', node, `(${node.operand.getText(source)})`);
    if (ts.isPropertyAccessExpression(node)) {
      const other = FUNCTIONS.get(node.getText(source));
      if (other) add('function', node, other);
    }
    if (ts.isConditionalExpression(node)) {
      const [yes, no] = [node.whenTrue.getText(source), node.whenFalse.getText(source)];
      add('condition', node, `(${node.condition.getText(source)}) ? ${no} : ${yes}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

/** Imports and types. */
const isNoProgram = node =>
  ts.isImportDeclaration(node) || ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

/** The file with a mutant in it. */
export const mutated = (text, { start, end, to }) => text.slice(0, start) + to + text.slice(end);
