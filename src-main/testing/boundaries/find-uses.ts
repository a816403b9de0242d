import { bindingsOf } from './bindings';
import { findBuiltin } from './find-imports';
import { type Node, type Place, readKey, unwrapUpwards } from './syntax';

/** One use of a name that the file does not make itself. */
export interface Use {
  /** The global's name, or that of the module of Node that it comes from. */
  readonly name: string;
  /**
   * What is done with it: `Date.now`, `new Date()`, `new Date(…)`, `Date()`, `instanceof Date`; `Date` alone is
   * anything else, such as handing it on under another name.
   */
  readonly text: string;
  readonly at: number;
}

/** Each has all the others as its properties. */
const GLOBAL_OBJECTS = new Set(['globalThis', 'window', 'self', 'global']);

/** All uses of globals and of what comes from a module of Node, in a file whose nodes are `places`. */
export function findUses(places: readonly Place[]): readonly Use[] {
  const originOf = bindingsOf(places);
  return places.flatMap((place) => {
    const { node } = place;
    if (node.type === 'ImportSpecifier' || node.type === 'ExportSpecifier') return usesByName(place);
    if (node.type !== 'Identifier' || place.isType || !isRead(place)) return [];
    const name = originOf(place, node.name);
    return name === null ? [] : usesOf(name, unwrapUpwards(place));
  });
}

/** What `import { name } from` and `export { name } from` take out of a module of Node. */
function usesByName({ node, above }: Place): readonly Use[] {
  const statement = above?.node;
  if (statement?.type !== 'ImportDeclaration' && statement?.type !== 'ExportNamedDeclaration') return [];
  const kind = statement.type === 'ImportDeclaration' ? statement.importKind : statement.exportKind;
  if (kind === 'type') return [];
  const module = statement.source && findBuiltin(statement.source.value);
  if (!module) return [];
  const taken =
    node.type === 'ImportSpecifier' ? node.imported : node.type === 'ExportSpecifier' ? node.local : null;
  if (!taken) return [];
  const name = taken.type === 'Identifier' ? taken.name : taken.value;
  return [{ name: module, text: `${module}.${name}`, at: node.start }];
}

function usesOf(name: string, { node, key, above }: Place): readonly Use[] {
  const at = node.start;
  const parent = above?.node;
  const members = membersRead(key, parent);
  if (members === null) return [{ name, text: textOf(name, key, parent), at }];
  if (!GLOBAL_OBJECTS.has(name)) return members.map((member) => ({ name, text: `${name}.${member}`, at }));
  return members.flatMap((member) =>
    above?.node.type === 'MemberExpression'
      ? usesOf(member, unwrapUpwards(above))
      : [{ name: member, text: member, at }],
  );
}

/** The properties of a value that are asked for by name where it stands; null if it is used in another way. */
function membersRead(key: string, parent: Node | undefined): readonly string[] | null {
  if (parent?.type === 'MemberExpression' && key === 'object') {
    const member = readKey(parent.property, parent.computed);
    return member === null ? null : [member];
  }
  const taker =
    parent?.type === 'VariableDeclarator' && key === 'init'
      ? parent.id
      : parent?.type === 'AssignmentExpression' && key === 'right'
        ? parent.left
        : null;
  if (taker?.type !== 'ObjectPattern') return null;
  const members = taker.properties.map((property) =>
    property.type === 'RestElement' ? null : readKey(property.key, property.computed),
  );
  return members.every((member) => member !== null) ? members : null;
}

function textOf(name: string, key: string, parent: Node | undefined): string {
  if (parent?.type === 'NewExpression' && key === 'callee') {
    const [first] = parent.arguments;
    return first && first.type !== 'SpreadElement' ? `new ${name}(…)` : `new ${name}()`;
  }
  if (parent?.type === 'CallExpression' && key === 'callee') return `${name}()`;
  if (parent?.type === 'BinaryExpression' && parent.operator === 'instanceof' && key === 'right')
    return `instanceof ${name}`;
  return name;
}

/** Keys, labels and the like are names, but not of values. */
function isRead({ key, above }: Place): boolean {
  const parent = above?.node;
  switch (parent?.type) {
    case 'MemberExpression':
      return key === 'object' || parent.computed;
    // In `{ name }` the same name is key and value, and comes by as both.
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      return key === 'value' || parent.computed;
    case 'LabeledStatement':
      return key === 'body';
    case 'TSEnumMember':
      return key === 'initializer';
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
    case 'ImportAttribute':
    case 'ExportSpecifier':
    case 'ExportAllDeclaration':
    case 'MetaProperty':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'TSModuleDeclaration':
    case 'TSDeclareFunction':
      return false;
    default:
      return true;
  }
}
