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
  return {
    statement: (text, values) =>
      run([
        serialize.parse({ text }),
        serialize.bind({ values: [...values] }),
        serialize.describe({ type: 'P' }),
        serialize.execute({}),
        serialize.sync(),
      ]),
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

/** What stands before a piece. PGlite's own serializer would copy the piece twice. */
function copyDataHead(pieceBytes: number): Uint8Array {
  const head = Buffer.alloc(5, 'd');
  head.writeInt32BE(4 + pieceBytes, 1);
  return head;
}
