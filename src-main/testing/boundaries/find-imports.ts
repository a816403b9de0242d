import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { type Node, type Place, readKey, readText } from './syntax';

export interface Import {
  /**
   * A file of ours from the project's root, without query and without the ending of code; a package with what
   * is wanted of it; a module of Node with `node:`. Null if the path is computed.
   */
  readonly target: string | null;
  /** Nothing is loaded: `import type`, or `import('…')` in a type. */
  readonly isType: boolean;
  readonly at: number;
}

const builtins = new Set(builtinModules);

/** The module of Node that a specifier stands for, with `node:`, which may be left out; null if it is none. */
export function findBuiltin(specifier: string): string | null {
  if (specifier.startsWith('node:')) return specifier;
  return builtins.has(specifier) ? `node:${specifier}` : null;
}

function resolve(path: string, specifier: string): string {
  const builtin = findBuiltin(specifier);
  if (builtin !== null) return builtin;
  const bare = specifier.split('?')[0] ?? specifier;
  if (!bare.startsWith('.')) return bare;
  return posix.join(posix.dirname(path), bare).replace(/(?<!\.d)\.[cm]?[jt]sx?$/, '');
}

/** The imports that one node of `path` makes: mostly none. */
export function findImports(path: string, { node, isType }: Place): readonly Import[] {
  const found = (sources: readonly (Node | null | undefined)[], typesOnly = isType): readonly Import[] =>
    sources.map((source) => {
      const specifier = readText(source);
      const target = specifier === null ? null : resolve(path, specifier);
      return { target, isType: typesOnly, at: source?.start ?? node.start };
    });
  switch (node.type) {
    case 'ImportDeclaration':
      return found([node.source], node.importKind === 'type');
    case 'ExportAllDeclaration':
      return found([node.source], node.exportKind === 'type');
    case 'ExportNamedDeclaration':
      return node.source ? found([node.source], node.exportKind === 'type') : [];
    case 'ImportExpression':
      return found([node.source]);
    case 'TSImportType':
      return found([node.source], true);
    case 'TSExternalModuleReference':
      return found([node.expression]);
    case 'CallExpression':
      return found(loadedBy(node.callee, node.arguments));
    default:
      return [];
  }
}

/** What a call loads: by `require` in its several shapes, or by Vite's `import.meta.glob`. */
function loadedBy(callee: Node, given: readonly Node[]): readonly (Node | undefined)[] {
  const name = nameOf(callee);
  if (name === 'glob' && callee.type === 'MemberExpression' && callee.object.type === 'MetaProperty') {
    const [patterns] = given;
    const all = patterns?.type === 'ArrayExpression' ? patterns.elements : [patterns];
    return all.filter((pattern) => pattern !== null && !readText(pattern)?.startsWith('!')) as Node[];
  }
  const isRequire =
    name === 'require' ||
    name === 'getBuiltinModule' ||
    (callee.type === 'MemberExpression' && nameOf(callee.object) === 'require' && name === 'resolve') ||
    (callee.type === 'CallExpression' && nameOf(callee.callee) === 'createRequire');
  return isRequire ? [given[0]] : [];
}

function nameOf(node: Node): string | null {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'MemberExpression' ? readKey(node.property, node.computed) : null;
}
