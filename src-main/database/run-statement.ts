import type { PGlite, parse, protocol, Results } from '@electric-sql/pglite';
import { PARSERS } from './parse-value';

/**
 * Sends each statement to PGlite as one protocol message. PGlite's own `query` enters WebAssembly six times per statement, to
 * learn the parameter types that ours declare: half to two thirds of the cost of a short statement.
 */
export interface StatementRunner {
  /** `values` are in Postgres' text format. */
  statement(text: string, values: readonly (string | null)[]): Promise<Results<unknown[]>>;
  /** One or more statements without values; returns the last one's results. */
  script(text: string): Promise<Results<unknown[]>>;
  /** `COPY … FROM STDIN`, with all its rows. */
  copy(text: string, rows: Uint8Array): Promise<Results<unknown[]>>;
}

/** PGlite's protocol exports, loaded once the thread is ready. */
export interface ProtocolParts {
  readonly protocol: Pick<typeof protocol, 'serialize'>;
  readonly parse: Pick<typeof parse, 'parseResults'>;
}

const COPY_PIECE_BYTES = 65_536;
/**
 * A prepared statement is used for values of up to this many characters in all, about 50 rows. Its plan is made without knowing
 * the number of rows and looks them up one by one, which is slow for many.
 */
const MOST_VALUES_WHEN_PREPARED = 4_096;
/** The write path has about 12 statements; each view has one per order and set of filters. */
const MOST_PREPARED = 100;
const NOTHING: Results<unknown[]> = { rows: [], fields: [] };

export function createStatementRunner(
  pglite: PGlite,
  { protocol: { serialize }, parse: { parseResults } }: ProtocolParts,
): StatementRunner {
  const run = async (messages: readonly Uint8Array[]): Promise<Results<unknown[]>> => {
    const answers = await pglite.execProtocolStream(Buffer.concat(messages));
    // Rows are arrays, as `rowMode` says, which its type does not express.
    const results = parseResults(answers, PARSERS, { rowMode: 'array' }) as Results<unknown[]>[];
    return results.at(-1) ?? NOTHING;
  };
  /**
   * Recent statements with short values, by text, latest last. The second run names and prepares one, because parsing and
   * planning cost more than a look-up or a page.
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
      const forgotten = forgetOldest();
      const name = before === undefined ? '' : before.name || `asked_${++names}`;
      asked.set(text, { name, isPrepared: false });
      // After a failure it is unknown whether it was prepared. Closing a missing one is no error.
      const prepare = before?.isPrepared ? [] : [...forget(name), serialize.parse({ name, text })];
      const result = await run([...forgotten, ...prepare, ...execute(name, values)]);
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

/** The header of a piece. PGlite's own serializer would copy the piece twice. */
function copyDataHead(pieceBytes: number): Uint8Array {
  const head = Buffer.alloc(5, 'd');
  head.writeInt32BE(4 + pieceBytes, 1);
  return head;
}
