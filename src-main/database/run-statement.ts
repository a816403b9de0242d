import type { PGlite, parse, protocol, Results } from '@electric-sql/pglite';

/**
 * Statements in the words of Postgres' own protocol, each handed to PGlite as one message. Its own `query` goes into
 * WebAssembly and back six times for each, to learn the types of parameters that ours name themselves: that is half to
 * two thirds of what a short statement costs.
 */
export interface StatementRunner {
  /** One statement; `values` in Postgres' text format. */
  statement(text: string, values: readonly (string | null)[]): Promise<Results<unknown[]>>;
  /** One or more statements without values; gives what the last one gave. */
  script(text: string): Promise<Results<unknown[]>>;
  /** `COPY … FROM STDIN`, with all its rows. */
  copy(text: string, rows: Uint8Array): Promise<Results<unknown[]>>;
}

export type Parsers = Readonly<Record<number, (value: string) => unknown>>;

/** What PGlite exports beside itself; it is loaded when the thread is ready for it. */
export interface ProtocolParts {
  readonly protocol: Pick<typeof protocol, 'serialize'>;
  readonly parse: Pick<typeof parse, 'parseResults'>;
}

/** A message of rows is at most so long. */
const COPY_PIECE_BYTES = 65_536;
/**
 * A prepared statement is used for values of up to this many characters in all, about 50 rows. Its plan is made without knowing the
 * number of rows and looks them up one by one, which is slow for many.
 */
const MOST_VALUES_WHEN_PREPARED = 4_096;
/** The write path has about 12 statements; each view has one for each order and set of filters. */
const MOST_PREPARED = 100;
const NOTHING: Results<unknown[]> = { rows: [], fields: [] };

export function createStatementRunner(
  pglite: PGlite,
  { protocol: { serialize }, parse: { parseResults } }: ProtocolParts,
  parsers: Parsers,
): StatementRunner {
  const run = async (messages: readonly Uint8Array[]): Promise<Results<unknown[]>> => {
    const answers = await pglite.execProtocolStream(Buffer.concat(messages));
    // By rows of values, as `rowMode` says, which its type does not know.
    const results = parseResults(answers, parsers, { rowMode: 'array' }) as Results<unknown[]>[];
    return results.at(-1) ?? NOTHING;
  };
  /**
   * Recent statements with short values by text, the most recent last. The second run gives it a name and prepares it, because
   * parsing and planning cost more than a look-up or a page.
   */
  const asked = new Map<string, { readonly name: string; readonly isPrepared: boolean }>();
  const forget = (name: string) => (name === '' ? [] : [serialize.close({ type: 'S', name })]);
  let names = 0;
  const forgetOldest = (): readonly Uint8Array[] => {
    const [oldest] = asked;
    if (!oldest || asked.size < MOST_PREPARED) return [];
    const [text, { name }] = oldest;
    asked.delete(text);
    return forget(name);
  };
  const execute = (name: string, values: readonly (string | null)[]) => [
    serialize.bind({ statement: name, values: [...values] }),
    serialize.describe({ type: 'P' }),
    serialize.execute({}),
    serialize.sync(),
  ];
  return {
    async statement(text, values) {
      if (lengthOf(values) > MOST_VALUES_WHEN_PREPARED) {
        return run([serialize.parse({ text }), ...execute('', values)]);
      }
      const before = asked.get(text);
      asked.delete(text);
      const messages = [...forgetOldest()];
      const name = before === undefined ? '' : before.name || `asked_${++names}`;
      asked.set(text, { name, isPrepared: false });
      // After a failure we do not know whether it was prepared. To close one that is not there is no error.
      if (!before?.isPrepared) messages.push(...forget(name), serialize.parse({ name, text }));
      const result = await run([...messages, ...execute(name, values)]);
      asked.set(text, { name, isPrepared: name !== '' });
      return result;
    },
    script: (text) => run([serialize.query(text)]),
    copy(text, rows) {
      const messages = [serialize.query(text)];
      for (let at = 0; at < rows.length; at += COPY_PIECE_BYTES) {
        const piece = rows.subarray(at, at + COPY_PIECE_BYTES);
        messages.push(copyDataHead(piece.length), piece);
      }
      return run([...messages, serialize.copyDone()]);
    },
  };
}

const lengthOf = (values: readonly (string | null)[]): number =>
  values.reduce((length, value) => length + (value?.length ?? 0), 0);

/** What stands before a piece. PGlite's own serializer would copy the piece twice. */
function copyDataHead(pieceBytes: number): Uint8Array {
  const head = Buffer.alloc(5, 'd');
  head.writeInt32BE(4 + pieceBytes, 1);
  return head;
}
