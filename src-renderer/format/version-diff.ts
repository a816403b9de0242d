import { create } from 'jsondiffpatch';
import { groupDigits } from '../../src-shared/amounts';
import { subtractU64 } from './integers';
import { type JsonTree, parseTree } from './json-text';

/** `data` and `decoded` are JSON text. */
export interface DiffableVersion {
  readonly accountType: string;
  readonly tokens: string;
  readonly version: string;
  readonly callbackTimeMs: number;
  readonly data: string;
  readonly decoded: string | null;
}

export interface FieldChange {
  /** `tokens`, `decoded.fields.amount`, `data.img`, `data.list[2]` */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** JSON literals, exact but for the middle of very long ones; null on the side without this field. */
  readonly before: string | null;
  readonly after: string | null;
  /** For `tokens`: the signed difference. */
  readonly change: string | null;
}

/**
 * Input of the differ: scalars are literals as text, so integers above 2^53 stay distinct. Names get a leading dot: the differ
 * assigns properties, and assigning `__proto__` would set none.
 */
type Plain = string | { [name: string]: Plain } | Plain[];

function toPlain(tree: JsonTree): Plain {
  if ('literal' in tree) return tree.literal;
  if ('items' in tree) return tree.items.map(toPlain);
  return Object.fromEntries([...tree.members].map(([name, member]) => [`.${name}`, toPlain(member)]));
}

const differ = create({ arrays: { detectMove: false } });

/** Every field that differs, in the order of the fields. */
export function diffVersions(before: DiffableVersion, after: DiffableVersion): readonly FieldChange[] {
  const left = describe(before);
  const right = describe(after);
  const changes: FieldChange[] = [];
  walk(differ.diff(left, right), '', changes);
  return changes.map((change) =>
    change.path === 'tokens' ? { ...change, change: subtractU64(after.tokens, before.tokens) } : change,
  );
}

function describe(version: DiffableVersion): Plain {
  return {
    '.accountType': JSON.stringify(version.accountType),
    '.tokens': version.tokens,
    '.version': version.version,
    '.callbackTimeMs': String(version.callbackTimeMs),
    ...(version.decoded !== null && { '.decoded': toPlain(parseTree(version.decoded)) }),
    '.data': toPlain(parseTree(version.data)),
  };
}

function walk(delta: unknown, path: string, into: FieldChange[]): void {
  if (delta === undefined || delta === null || typeof delta !== 'object') return;
  if (Array.isArray(delta)) {
    into.push(changeOf(delta, path.slice(1)));
    return;
  }
  const isList = '_t' in delta && delta._t === 'a';
  for (const [key, child] of Object.entries(delta)) {
    if (key === '_t') continue;
    // In a list's delta, an underscore marks places of the old list.
    const place = isList ? `${path}[${key.replace(/^_/, '')}]` : path + key;
    walk(child, place, into);
  }
}

function changeOf(delta: readonly unknown[], path: string): FieldChange {
  const [first, second] = delta;
  if (delta.length === 1) return { path, kind: 'added', before: null, after: show(first), change: null };
  if (delta.length === 3) return { path, kind: 'removed', before: show(first), after: null, change: null };
  return { path, kind: 'changed', before: show(first), after: show(second), change: null };
}

/** Bytes as text can be of any length. */
const MOST_SHOWN = 400;
const withoutMiddle = (literal: string) =>
  `${literal.slice(0, 160)} … ${groupDigits(literal.length - 240)} characters … ${literal.slice(-80)}`;

/** A scalar is its literal; an object or list is written on one line. */
function show(plain: unknown): string {
  if (typeof plain === 'string') return plain.length > MOST_SHOWN ? withoutMiddle(plain) : plain;
  if (Array.isArray(plain)) return `[${plain.map(show).join(', ')}]`;
  if (typeof plain === 'object' && plain !== null) {
    const members = Object.entries(plain).map(
      ([name, member]) => `${JSON.stringify(name.slice(1))}: ${show(member)}`,
    );
    return `{${members.join(', ')}}`;
  }
  return String(plain);
}
