import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isLosslessNumber, parse } from 'lossless-json';
import type { LeftOut, TableRows } from '../../../src-shared/tables';
import { isPublicKey } from '../../ingestion/base58';
import type { NamedFile } from './write-whole';

/**
 * Accounts as local validators load them. Only whole accounts are written: a part of an account in its place would be a lie that
 * nobody notices. Every other one is counted with the reason.
 */

type Row = Pick<TableRows['accounts'], 'id' | 'data'>;

interface WholeAccount {
  readonly id: string;
  /** Numbers with all their digits. */
  readonly lamports: string;
  readonly owner: string;
  readonly executable: boolean;
  readonly rentEpoch: string;
  readonly space: number;
  readonly base64: string;
}

const MOST_U64 = 2n ** 64n - 1n;
/** What JavaScript makes of 2^64-1, the rent epoch of nearly every account: many public answers were written by it. */
const ROUNDED_MOST_U64 = '18446744073709552000';
/** The bytes are the only long part of an account. Anything longer is not one. */
const LONGEST_REST = 64 * 1024;
const BYTES_BEGIN = /"data":\s*\["/;
const BYTES_END = /^",\s*"base64"\s*\]/;

function u64Of(value: unknown): string | null {
  const text = isLosslessNumber(value) ? value.value : '';
  return /^(0|[1-9]\d{0,19})$/.test(text) && BigInt(text) <= MOST_U64 ? text : null;
}

/** An account without lamports is none on the chain. */
const isClosed = ({ closed, lamports }: Record<string, unknown>) =>
  closed === true || u64Of(lamports) === '0';

/** Base64 between quotes, found without the exact parser, which would take a hundred times as long. */
function cutBytes(data: string): { readonly rest: string; readonly base64: string | null } {
  const begin = BYTES_BEGIN.exec(data);
  const from = begin ? begin.index + begin[0].length : 0;
  const to = data.indexOf('"', from);
  const end = begin && BYTES_END.exec(data.slice(to, to + 64));
  if (!begin || !end) return { rest: data, base64: null };
  const base64 = data.slice(from, to);
  return {
    rest: `${data.slice(0, begin.index)}"data":null${data.slice(to + end[0].length)}`,
    base64: isBase64(base64) ? base64 : null,
  };
}

function isBase64(text: string): boolean {
  const other = text.search(/[^A-Za-z0-9+/]/);
  return text.length % 4 === 0 && (other === -1 || /^={1,2}$/.test(text.slice(other)));
}

function readAccount({ id, data }: Row): WholeAccount | LeftOut {
  const { rest, base64 } = cutBytes(data);
  if (rest.length > LONGEST_REST) return data.includes('"parsed"') ? 'parsed' : 'other';
  const parsed = parse(rest);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'other';
  const account = parsed as Record<string, unknown>;
  if (isClosed(account)) return 'closed';
  if (account.cut === true) return 'cut';
  const { owner, executable, rentEpoch, space } = account;
  const lamports = u64Of(account.lamports);
  if (
    lamports === null ||
    typeof owner !== 'string' ||
    !isPublicKey(owner) ||
    typeof executable !== 'boolean'
  )
    return 'other';
  if (typeof account.data === 'object' && account.data !== null && 'parsed' in account.data) return 'parsed';
  if (base64 === null || account.data !== null) return 'other';
  const length = (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
  if (space !== undefined && u64Of(space) !== String(length)) return 'cut';
  const epoch =
    isLosslessNumber(rentEpoch) && rentEpoch.value === ROUNDED_MOST_U64 ? String(MOST_U64) : u64Of(rentEpoch);
  if (epoch === null) return 'rentEpoch';
  // Others are not safe as names of files.
  if (!isPublicKey(id)) return 'id';
  return { id, lamports, owner, executable, rentEpoch: epoch, space: length, base64 };
}

type Count = (reason: LeftOut) => void;

async function* readAccounts(
  pages: AsyncIterable<readonly Row[]>,
  count: Count,
): AsyncGenerator<WholeAccount> {
  for await (const page of pages) {
    for (const row of page) {
      const account = readAccount(row);
      if (typeof account === 'string') count(account);
      else yield account;
    }
  }
}

/**
 * Each as `solana account --output json` writes it: `CliAccount` of the Solana command line, which is what `solana-test-validator
 * --account-dir` reads from every file that ends with `.json`.
 */
export async function* accountFiles(
  pages: AsyncIterable<readonly Row[]>,
  count: Count,
): AsyncGenerator<NamedFile> {
  for await (const account of readAccounts(pages, count)) {
    const { id, lamports, owner, executable, rentEpoch, space, base64 } = account;
    const text =
      `{"pubkey":"${id}","account":{"lamports":${lamports},"data":["${base64}","base64"],"owner":"${owner}",` +
      `"executable":${executable},"rentEpoch":${rentEpoch},"space":${space}}}\n`;
    yield { name: `${id}.json`, content: Buffer.from(text) };
  }
}

/** As `AccountSnapshot` of surfpool. It fetches an account that is `null` from another network: closed ones must be left out. */
const entryOf = ({ id, lamports, owner, executable, rentEpoch, base64 }: WholeAccount) =>
  `"${id}":{"lamports":${lamports},"owner":"${owner}","executable":${executable},"rentEpoch":${rentEpoch},` +
  `"data":"${base64}","parsedData":null}`;

const PIECE_CHARACTERS = 64 * 1024;

/** A snapshot for `surfpool start --snapshot`. */
export async function* encodeSnapshot(
  pages: AsyncIterable<readonly Row[]>,
  count: Count,
): AsyncGenerator<Uint8Array> {
  let text = '{\n';
  let between = '';
  for await (const account of readAccounts(pages, count)) {
    text += between + entryOf(account);
    between = ',\n';
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(`${text}\n}\n`);
}

/** The folder as one file, for where only a file can be sent. One gzip stream: if it is cut off, unpacking it fails. */
export async function* encodeArchive(
  pages: AsyncIterable<readonly Row[]>,
  count: Count,
): AsyncGenerator<Uint8Array> {
  async function* tar() {
    for await (const { name, content } of accountFiles(pages, count)) {
      yield tarHead(`accounts/${name}`, content.length);
      yield content;
      yield Buffer.alloc(-content.length & (TAR_BLOCK - 1));
    }
    yield Buffer.alloc(2 * TAR_BLOCK);
  }
  const gzip = createGzip();
  const source = Readable.from(tar(), { objectMode: false });
  // What fails is thrown to whoever reads the end of it.
  const done = pipeline(source, gzip).catch(() => undefined);
  try {
    yield* gzip;
  } finally {
    source.destroy();
    await done;
  }
}

const TAR_BLOCK = 512;

/** A plain file in the `ustar` format of POSIX. The same accounts give the same bytes: its time is 1970. */
function tarHead(name: string, bytes: number): Buffer {
  const head = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, at: number, length: number) =>
    head.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  head.write(name, 0, 100, 'latin1');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes, 124, 12);
  octal(0, 136, 12);
  head.write('        0', 148, 'latin1');
  head.write('ustar\x0000', 257, 'latin1');
  octal(
    head.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return head;
}
