import { IngotError } from '../../src-shared/errors';
import type { Queryable, Statement } from './database';

/** The oldest version that Ingot was tried on. */
const OLDEST_MAJOR_VERSION = 15;

const TABLE_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

export interface ServerFacts {
  readonly database: string;
  readonly user: string;
  readonly encoding: string;
  readonly version: string;
  readonly majorVersion: number;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  readonly hasSchema: boolean;
  /** Rights that this user lacks, for a person; null if none. */
  readonly missingRights: string | null;
}

const inspectServer: Statement = {
  name: 'inspect_server',
  deadline: 'read',
  text: `
    SELECT current_database() AS database, current_user AS "user",
      current_setting('server_encoding') AS encoding, current_setting('server_version') AS version,
      current_setting('server_version_num')::int4 / 10000 AS "majorVersion",
      pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only') = 'on' AS "isReadOnly",
      schema IS NOT NULL AS "hasSchema",
      (SELECT string_agg(name, ', ') FROM (VALUES
        ('CREATE on the database', schema IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')),
        ('USAGE on the schema "ingot"', NOT has_schema_privilege(schema, 'USAGE')),
        ('CREATE on the schema "ingot"', tables IS NULL AND NOT has_schema_privilege(schema, 'CREATE')),
        ('${TABLE_RIGHTS.join(', ')} on the tables of the schema "ingot"', NOT tables)
      ) AS needed (name, is_missing) WHERE is_missing) AS "missingRights"
    FROM (SELECT to_regnamespace('ingot')::oid AS schema) AS found
    CROSS JOIN LATERAL (
      SELECT bool_and(${TABLE_RIGHTS.map((right) => `has_table_privilege(oid, '${right}')`).join(' AND ')}) AS tables
      FROM pg_class WHERE relnamespace = schema AND relkind = 'r') AS allowed`,
};

/**
 * @throws IngotError `database_unusable` if the server does not meet the requirements; with `writes`, also if it accepts no
 * writes or the user lacks the rights.
 */
export async function checkServer(db: Queryable, location: string, writes: boolean): Promise<void> {
  const { rows } = await db.query<ServerFacts>(inspectServer);
  const refusal = rows[0] && refusalOf(rows[0], location, writes);
  if (refusal) throw refusal;
}

export function refusalOf(facts: ServerFacts, location: string, writes: boolean): IngotError | null {
  const refuse = (message: string, hint: string, sqlstate?: string) =>
    new IngotError('database_unusable', message, { hint, ...(sqlstate === undefined ? {} : { sqlstate }) });
  const [database, user] = [quoteName(facts.database), quoteName(facts.user)];
  if (facts.majorVersion < OLDEST_MAJOR_VERSION) {
    return refuse(
      `The database server ${location} is Postgres ${facts.version}; Ingot needs ${OLDEST_MAJOR_VERSION} or newer.`,
      'Name a newer server with --database, or leave it out to use the embedded database.',
    );
  }
  if (facts.encoding !== 'UTF8') {
    return refuse(
      `The encoding of the database ${location} is ${facts.encoding}; Ingot needs UTF8.`,
      "Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it with --database.",
    );
  }
  if (!writes) return null;
  if (facts.isStandby) {
    return refuse(
      `The database server ${location} is a standby: it takes no writes.`,
      'Name the primary server with --database; of several hosts, the first that takes writes is used.',
      '25006',
    );
  }
  if (facts.isReadOnly) {
    return refuse(
      `The database ${location} is set to read only (default_transaction_read_only).`,
      `If it may be written to: ALTER DATABASE ${database} SET default_transaction_read_only = off, and the same for a role that has it.`,
      '25006',
    );
  }
  if (facts.missingRights === null) return null;
  return refuse(
    `The user ${user} lacks rights in the database ${location}: ${facts.missingRights}.`,
    facts.hasSchema
      ? `Open it as the owner of the schema "ingot", or have the owner run: GRANT ALL ON SCHEMA ingot TO ${user}; GRANT ALL ON ALL TABLES IN SCHEMA ingot TO ${user}.`
      : `Have an administrator run: GRANT CREATE ON DATABASE ${database} TO ${user}; or CREATE SCHEMA ingot AUTHORIZATION ${user}.`,
    '42501',
  );
}

const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
