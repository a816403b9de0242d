import type { ESTree } from 'vite';

export type Node = ESTree.Node;

/** A node of a syntax tree, and where it hangs. */
export interface Place {
  readonly node: Node;
  /** The property of the node above that holds it. */
  readonly key: string;
  readonly above: Place | null;
  /** Nothing of it is left when the program runs. */
  readonly isType: boolean;
}

const TYPES_BEGIN_AT = new Set<string>([
  'TSTypeAnnotation',
  'TSTypeParameterDeclaration',
  'TSTypeParameterInstantiation',
  'TSTypeAliasDeclaration',
  'TSInterfaceDeclaration',
  'TSClassImplements',
]);
const TYPES_HANG_AT = new Set(['typeAnnotation', 'typeArguments', 'typeParameters', 'returnType']);

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Calls `visit` with every node from `root` downwards, each before those that hang on it. */
export function walk(root: Node, visit: (place: Place) => void): void {
  const go = (node: Node, key: string, above: Place | null) => {
    const isType = above?.isType === true || TYPES_BEGIN_AT.has(node.type) || TYPES_HANG_AT.has(key);
    const place = { node, key, above, isType };
    visit(place);
    for (const [name, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) go(child, name, place);
    }
  };
  go(root, '', null);
}

/** What is written around an expression for the type checker alone: `x as T`, `x!`; and `?.`'s own node. */
const WRAPPINGS = new Set<string>([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'ChainExpression',
]);

/** The outermost place that is still the same value. */
export function unwrapUpwards(place: Place): Place {
  let at = place;
  while (at.above && WRAPPINGS.has(at.above.node.type) && at.key === 'expression') at = at.above;
  return at;
}

/** The text of a string that stands there as it is, in quotes or backticks; null of anything that is computed. */
export function readText(node: Node | null | undefined): string | null {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? null;
  return null;
}

/** The name of a property in `object.name`, `object['name']`, `{ name: … }`; null of one that is computed. */
export function readKey(key: Node, computed: boolean): string | null {
  return !computed && key.type === 'Identifier' ? key.name : readText(key);
}
