import type { JsonText } from '../../src-shared/update';

/**
 * JSON as text, without `JSON.parse`, which would round large numbers. Every literal stays as it is. Invalid text is shown
 * unchanged.
 */

export type JsonTokenKind = 'key' | 'string' | 'number' | 'word' | 'mark';
export interface JsonToken {
  readonly kind: JsonTokenKind;
  readonly text: string;
}
/** One line of the pretty print: its depth, and its tokens with blanks between them. */
export interface JsonLine {
  readonly depth: number;
  readonly tokens: readonly JsonToken[];
}

const TOKEN = /"(?:\\.|[^"\\])*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gs;

function scan(text: JsonText): string[] {
  return text.match(TOKEN) ?? [];
}

function kindOf(token: string): JsonTokenKind {
  const first = token[0] ?? '';
  if (first === '"') return 'string';
  if (first === '-' || (first >= '0' && first <= '9')) return 'number';
  return /[a-z]/.test(first) ? 'word' : 'mark';
}

/** Two blanks per level, one member per line; an empty object or list stays on its line. */
export function prettyLines(text: JsonText): readonly JsonLine[] {
  const raw = scan(text);
  const lines: JsonLine[] = [];
  let depth = 0;
  let line: JsonToken[] = [];
  const endLine = () => {
    if (line.length > 0) lines.push({ depth, tokens: line });
    line = [];
  };
  raw.forEach((token, at) => {
    const next = raw[at + 1];
    const previous = raw[at - 1];
    if (token === '{' || token === '[') {
      line.push({ kind: 'mark', text: token });
      if (next === '}' || next === ']') return;
      endLine();
      depth += 1;
    } else if (token === '}' || token === ']') {
      if (previous !== '{' && previous !== '[') {
        endLine();
        depth -= 1;
      }
      line.push({ kind: 'mark', text: token });
    } else if (token === ',') {
      line.push({ kind: 'mark', text: ',' });
      endLine();
    } else if (token === ':') {
      line.push({ kind: 'mark', text: ': ' });
    } else {
      line.push({ kind: next === ':' ? 'key' : kindOf(token), text: token });
    }
  });
  endLine();
  return lines;
}

export function prettyText(text: JsonText): string {
  return prettyLines(text)
    .map((line) => '  '.repeat(line.depth) + line.tokens.map((token) => token.text).join(''))
    .join('\n');
}

/** A JSON value whose scalars are literals: `{ literal: '18446744073709551615' }`. */
export type JsonTree =
  | { readonly literal: string }
  | { readonly members: ReadonlyMap<string, JsonTree> }
  | { readonly items: readonly JsonTree[] };

export function parseTree(text: JsonText): JsonTree {
  const tokens = scan(text);
  let at = 0;
  const value = (): JsonTree => {
    const token = tokens[at] ?? 'null';
    at += 1;
    if (token === '{') {
      const members = new Map<string, JsonTree>();
      while (at < tokens.length && tokens[at] !== '}') {
        const name = unquote(tokens[at] ?? '""');
        at += 2;
        members.set(name, value());
        if (tokens[at] === ',') at += 1;
      }
      at += 1;
      return { members };
    }
    if (token === '[') {
      const items: JsonTree[] = [];
      while (at < tokens.length && tokens[at] !== ']') {
        items.push(value());
        if (tokens[at] === ',') at += 1;
      }
      at += 1;
      return { items };
    }
    return { literal: token };
  };
  return value();
}

/** The value as text again, without blanks. */
export function writeTree(tree: JsonTree): JsonText {
  if ('literal' in tree) return tree.literal;
  if ('items' in tree) return `[${tree.items.map(writeTree).join(',')}]`;
  const members = [...tree.members].map(([name, member]) => `${JSON.stringify(name)}:${writeTree(member)}`);
  return `{${members.join(',')}}`;
}

/** Only for string literals; numbers never come here. */
function unquote(literal: string): string {
  const text: unknown = JSON.parse(literal);
  return typeof text === 'string' ? text : literal;
}
