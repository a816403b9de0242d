import type { PGlite, parse, protocol, Results } from '@electric-sql/pglite';

/**
 * Statements in the words of Postgres' own protocol, each handed to PGlite as one message. Its own `query` goes into
 * WebAssembly and back six times for each, to learn the types of parameters that ours name themselves: that is half to
 * two thirds of what a short statement costs.
 */
export interface StatementRunner {
  /** One statement; `values` in Postgres' text format. A `frequent` one with short values is kept prepared. */
  statement(text: string, values: readonly (string | null)[], frequent: boolean): Promise<Results<unknown[]>>;
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
 * Values of so many characters in all, some 50 rows, are few: the plan that is kept looks up row by row, and knows nothing of how
 * many there are.
 */
const MOST_VALUES_WHEN_PREPARED = 4_096;
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
  /** Names of prepared statements, by text. Frequent statements are a dozen constants, so there is no limit. */
  const prepared = new Map<string, string>();
  let names = 0;
  return {
    async statement(text, values, frequent) {
      const isPrepared = frequent && lengthOf(values) <= MOST_VALUES_WHEN_PREPARED;
      const known = isPrepared ? prepared.get(text) : undefined;
      // A new name each time: after a failure nobody knows whether the last one is there.
      const name = known ?? (isPrepared ? `frequent_${++names}` : '');
      const result = await run([
        ...(known === undefined ? [serialize.parse({ name, text })] : []),
        serialize.bind({ statement: name, values: [...values] }),
        serialize.describe({ type: 'P' }),
        serialize.execute({}),
        serialize.sync(),
      ]);
      if (isPrepared) prepared.set(text, name);
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
