import { createHash } from 'node:crypto';
import { IngotError } from '../../src-shared/errors';
import { slotOf, type VersionText, writeVersionOf } from '../../src-shared/update';
import type { AccountBytes, BytesQuery, VersionRow } from '../../src-shared/views';
import type { Queryable, Statement } from '../database/database';

/**
 * A slice of the base64 of an account's bytes. The database unpacks the whole value for it, up to 14 MiB of text, some 40 ms if it is embedded. It
 * does not decode or hash it, which takes as long as ten slices, and counts in bytes: in characters it would look at each of them.
 */
const readSlice: Statement = {
  name: 'read_bytes',
  deadline: 'read',
  text: `
    SELECT u.seq, octet_length(b.bytes)::int4 AS length,
      convert_from(substring(b.bytes FROM greatest(1, octet_length(b.bytes) - 1)), 'SQL_ASCII') AS tail,
      convert_from(substring(b.bytes FROM $4::int4 + 1 FOR $5::int4), 'SQL_ASCII') AS slice
    FROM (
      SELECT seq, data FROM account_updates
      WHERE account_id = $1::text AND slot = $2::numeric AND version = $3::numeric AND decoded IS NOT NULL
      LIMIT 1
    ) AS u
    CROSS JOIN LATERAL (SELECT convert_to(u.data #>> '{data,0}', 'SQL_ASCII') AS bytes OFFSET 0) AS b
    WHERE b.bytes IS NOT NULL`,
};

interface Slice {
  readonly seq: string;
  /** Of the whole text. */
  readonly length: number;
  /** Its last two characters. */
  readonly tail: string;
  readonly slice: string;
}

/** Characters of one statement. */
const SLICE = 1024 * 1024;
/** Hashes that are remembered: a version never changes. */
const KEPT = 64;

interface Whole {
  readonly size: number;
  readonly sha256: string;
}

interface Version {
  readonly id: string;
  readonly version: VersionText;
}

/** The bytes of accounts, up to 10 MiB at each version, of which no statement reads more than a slice. */
export interface StoredBytes {
  /** Null: the data of that version is no bytes, or there is no such version. */
  read(query: BytesQuery): Promise<AccountBytes | null>;
  /** The row with the number and the hash of its bytes in the place of those that `shownData` left out. */
  describe<Row extends Version & Pick<VersionRow, 'data' | 'decoded'>>(row: Row): Promise<Row>;
}

export function createStoredBytes(db: Queryable): StoredBytes {
  /** By number of the update. */
  const kept = new Map<string, Promise<Whole>>();

  const slice = async ({ id, version }: Version, from: number, length: number) => {
    const key = [id, slotOf(version), writeVersionOf(version)];
    return (await db.query<Slice>(readSlice, [...key, from, length])).rows[0];
  };
  const hash = async (of: Version): Promise<Whole> => {
    const sum = createHash('sha256');
    let size = 0;
    for (let from = 0, length = 1; from < length; from += SLICE) {
      const found = await slice(of, from, SLICE);
      if (!found) throw new IngotError('not_found', 'Retention removed this version while it was read.');
      const bytes = Buffer.from(found.slice, 'base64');
      sum.update(bytes);
      size += bytes.length;
      length = found.length;
    }
    return { size, sha256: sum.digest('hex') };
  };
  const wholeOf = (of: Version, seq: string): Promise<Whole> => {
    const whole = kept.get(seq) ?? hash(of);
    kept.delete(seq);
    kept.set(seq, whole);
    whole.catch(() => kept.get(seq) === whole && kept.delete(seq));
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return whole;
  };

  return {
    async read({ id, version, from, length }) {
      // Four characters are three bytes.
      const begin = Math.floor(from / 3);
      const end = Math.ceil((from + length) / 3);
      const found = await slice({ id, version }, 4 * begin, 4 * (end - begin));
      if (!found) return null;
      const at = from - 3 * begin;
      return {
        size: (found.length / 4) * 3 - (/=*$/.exec(found.tail)?.[0].length ?? 0),
        sha256: from === 0 ? (await wholeOf({ id, version }, found.seq)).sha256 : null,
        part: Buffer.from(found.slice, 'base64')
          .subarray(at, at + length)
          .toString('base64'),
      };
    },
    async describe(row) {
      if (row.decoded === null || !LEFT_OUT.test(row.data)) return row;
      const found = await slice(row, 0, 0);
      if (!found) return row;
      const { size, sha256 } = await wholeOf(row, found.seq);
      return { ...row, data: row.data.replace(LEFT_OUT, `"data": ["${size} bytes, sha256 ${sha256}"`) };
    },
  };
}

/** More bytes of an account than this are not sent with its JSON. */
const MOST_BYTES_SHOWN = 48 * 1024;
/** As the database prints it. */
const LEFT_OUT = /"data": \[null(?=,)/;

/** The JSON of the update `alias` without long bytes, for `StoredBytes.describe`. */
export const shownData = (alias: string): string => `
  CASE WHEN ${alias}.decoded IS NOT NULL AND octet_length(${alias}.data #>> '{data,0}') > ${(MOST_BYTES_SHOWN / 3) * 4}
    THEN jsonb_set(${alias}.data, '{data,0}', 'null') ELSE ${alias}.data END`;
