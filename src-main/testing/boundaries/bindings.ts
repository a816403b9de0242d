import { findBuiltin } from './find-imports';
import type { Node, Place } from './syntax';

/** Names that a function or the whole file makes, each with the module of Node that it stands for, if it does. */
type Names = Map<string, string | null>;

/**
 * Finds out what a name means at a place: itself if it is a global, the module for `import os from 'node:os'`,
 * null for what the file makes itself. Names count as made for the whole function around them.
 */
export function bindingsOf(places: readonly Place[]): (place: Place, name: string) => string | null {
  const scopes = new Map<Node, Names>();
  const bind = (scope: Place | null, name: string, module: string | null = null) => {
    if (!scope) return;
    const names = scopes.get(scope.node) ?? new Map<string, string | null>();
    scopes.set(scope.node, names.set(name, module));
  };
  for (const place of places) {
    const { node } = place;
    if (isScope(node)) for (const name of namesOfFunction(node)) bind(place, name);
    const around = place.above && scopeAround(place.above);
    if (node.type === 'VariableDeclarator' && !isDeclaredElsewhere(place.above?.node))
      for (const name of namesIn(node.id)) bind(around, name);
    else if (node.type === 'CatchClause' && node.param)
      for (const name of namesIn(node.param)) bind(around, name);
    else if (
      NAMED.has(node.type) &&
      'id' in node &&
      node.id?.type === 'Identifier' &&
      !isDeclaredElsewhere(node)
    )
      bind(around, node.id.name);
    else if (node.type === 'ImportSpecifier') bind(around, node.local.name);
    else if (node.type === 'ImportDefaultSpecifier' || node.type === 'ImportNamespaceSpecifier')
      bind(around, node.local.name, moduleOfNode(place.above?.node));
  }
  return (place, name) => {
    for (let at: Place | null = place; at; at = at.above) {
      const module = scopes.get(at.node)?.get(name);
      if (module !== undefined) return module;
    }
    return name;
  };
}

const NAMED = new Set<string>([
  'FunctionDeclaration',
  'ClassDeclaration',
  'ClassExpression',
  'TSEnumDeclaration',
  'TSImportEqualsDeclaration',
]);

type FunctionNode = Extract<Node, { params: readonly unknown[]; body: unknown }>;

function isScope(node: Node): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

function scopeAround(place: Place): Place {
  let at = place;
  while (at.above && !isScope(at.node)) at = at.above;
  return at;
}

function namesOfFunction(node: FunctionNode): readonly string[] {
  return node.params.flatMap((param) => namesIn(param as Node));
}

/** `declare const performance: …` only tells the type checker of a global. */
function isDeclaredElsewhere(node: Node | undefined): boolean {
  return node !== undefined && 'declare' in node && node.declare === true;
}

function moduleOfNode(node: Node | undefined): string | null {
  return node?.type === 'ImportDeclaration' ? findBuiltin(node.source.value) : null;
}

/** The names that a pattern makes: `a`, `{ a, b: c, ...d }`, `[a = 1]`. */
function namesIn(pattern: Node | null): readonly string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        namesIn(property.type === 'RestElement' ? property.argument : property.value),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    case 'TSParameterProperty':
      return namesIn(pattern.parameter);
    default:
      return [];
  }
}
