import { slotOf, writeVersionOf } from '../../../src-shared/update';
import type { AccountBytes, BytesQuery } from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';

/** Only what the database sends is small: for each part it reads the whole value, up to 10 MiB of bytes. */
const readPart: Statement = {
  name: 'read_bytes',
  deadline: 'read',
  text: `
    SELECT octet_length(b.bytes)::int4 AS size, CASE WHEN $4::int4 = 0 THEN encode(sha256(b.bytes), 'hex') END AS sha256,
      replace(encode(substring(b.bytes FROM $4::int4 + 1 FOR $5::int4), 'base64'), E'\\n', '') AS part
    FROM (
      SELECT data FROM account_updates
      WHERE account_id = $1::text AND slot = $2::numeric AND version = $3::numeric AND decoded IS NOT NULL
      LIMIT 1
    ) AS u
    CROSS JOIN LATERAL (SELECT decode(u.data #>> '{data,0}', 'base64') AS bytes OFFSET 0) AS b`,
};

/** A part of an account's bytes at one version; null: its data is no bytes, or there is no such version. */
export async function readBytes(
  db: Queryable,
  { id, version, from, length }: BytesQuery,
): Promise<AccountBytes | null> {
  const key = [id, slotOf(version), writeVersionOf(version)];
  const { rows } = await db.query<AccountBytes>(readPart, [...key, from, length]);
  return rows[0] ?? null;
}
