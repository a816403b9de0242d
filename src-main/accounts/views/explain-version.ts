import { NOW_SEQ } from '../../../src-shared/instant';
import { compareVersions, slotOf, type VersionText, writeVersionOf } from '../../../src-shared/update';
import type { VersionRow } from '../../../src-shared/views';
import type { OtherVersion, Standing, Why } from '../../../src-shared/why';
import type { Queryable, Statement } from '../../database/database';
import { versionTextOf } from '../../storage/version-sql';
import { leadersOfTypeAt } from '../as-of/leaders-at';
import type { StateAt } from '../as-of/state-columns';
import { versionList, withShownData } from './history-rows';
import type { RowsDeps } from './pending-list';
import { momentsOf, readRow, type WindowDeps } from './read-window';
import { countOf, indexRows, type MomentOf, nullableTextOf, type RawRow, textOf } from './row-set';
import { isLiving, joinUpdate, sql, upTo } from './sql-pieces';

/** What is stored of a version and its neighbours. The rest of `Why` is known to the engine. */
export type StoredWhy = Pick<Why, 'row' | 'before' | 'next' | 'dead' | 'standing'>;

/** Undefined if there is no such version. */
export async function explainVersion(
  deps: WindowDeps & Pick<RowsDeps, 'asOf' | 'cut' | 'states'>,
  id: string,
  version: VersionText,
): Promise<StoredWhy | undefined> {
  const row = await readVersion(deps, id, version);
  if (!row) return undefined;
  const { database, asOf } = deps;
  const beside = await readNeighbours(database, row, asOf ?? NOW_SEQ);
  if (asOf === null) return { row, ...beside, standing: await readStanding(database, row) };
  const state = (await deps.states())();
  const latest = state.find(id);
  const wasLatest = latest !== undefined && String(state.columns.seqOf(latest)) === row.seq;
  return { row, ...beside, standing: wasLatest ? standingAt(state, row) : null };
}

/** With its JSON: see `shownData`. */
export async function readVersion(
  deps: WindowDeps & Pick<RowsDeps, 'asOf' | 'cut'>,
  id: string,
  version: VersionText,
): Promise<VersionRow | undefined> {
  const { asOf, cut } = deps;
  if (cut !== null && compareVersions(version, cut) > 0) return undefined;
  const range = [
    sql('u.account_id = ?::text', id),
    sql('u.slot = ?::numeric', slotOf(version)),
    sql('u.version = ?::numeric', writeVersionOf(version)),
  ];
  const { parts, all } = indexRows('account_updates', 'u', range);
  const filter = upTo('u.seq', asOf);
  return readRow(deps, {
    ...withShownData(versionList(id, { asOf, cut: null })),
    all,
    parts: parts.map((part) => ({ ...part, filter })),
    name: 'version_row',
  });
}

/** An account can have any number of stale versions side by side. */
const MOST_BESIDE = 2_000;

/**
 * The version before is the highest that was there, past those of slots that were dead. An account that fell back may have had a lower
 * one as its next.
 */
const neighbours: Statement = {
  name: 'read_neighbours',
  deadline: 'read',
  text: `
    WITH lower AS (
      SELECT seq, run_id, at_ms, due_ms, slot, version FROM account_updates
      WHERE account_id = $1::text AND (slot, version) < ($2::numeric, $3::numeric)
      ORDER BY slot DESC, version DESC LIMIT ${MOST_BESIDE}
    ), higher AS (
      SELECT seq, run_id, at_ms, due_ms, slot, version FROM account_updates
      WHERE account_id = $1::text AND (slot, version) > ($2::numeric, $3::numeric)
      ORDER BY slot, version LIMIT ${MOST_BESIDE}
    ), before AS (
      SELECT * FROM (SELECT * FROM lower WHERE NOT $5::bool UNION ALL SELECT * FROM higher WHERE $5::bool) AS l
      WHERE l.seq < $4::int8 AND ${isLiving('l', '$4::int8')}
      ORDER BY l.slot DESC, l.version DESC LIMIT 1
    ), next AS (
      SELECT * FROM higher WHERE due_ms IS NOT NULL AND seq > $4::int8 AND seq <= $6::int8 AND NOT $5::bool
      ORDER BY seq LIMIT 1
    ), dead AS (
      SELECT seq FROM dead_slots WHERE slot = $2::numeric AND seq <= $6::int8
    )
    SELECT ${versionTextOf('before')} AS before_version, before.run_id AS before_run_id, before.at_ms AS before_at_ms,
      ${versionTextOf('next')} AS next_version, next.run_id AS next_run_id, next.at_ms AS next_at_ms,
      dead.seq < $4::int8 AS was_dead,
      retraction.seq IS NOT NULL AS fell_back, retraction.back_seq IS NOT NULL AS has_back, ${versionTextOf('back')} AS back_version
    FROM (SELECT) AS one LEFT JOIN before ON true LEFT JOIN next ON true LEFT JOIN dead ON true
    LEFT JOIN retractions AS retraction
      ON dead.seq IS NOT NULL AND retraction.account_id = $1::text AND retraction.update_seq = $4::int8
    ${joinUpdate('retraction.back_seq', 'back')}`,
};

async function readNeighbours(
  db: Queryable,
  { id, version, seq, outcome }: VersionRow,
  asOf: string,
): Promise<Pick<Why, 'before' | 'next' | 'dead'>> {
  const { rows } = await db.query<RawRow>(neighbours, [
    id,
    slotOf(version),
    writeVersionOf(version),
    seq,
    outcome === 'stale',
    asOf,
  ]);
  const raw = rows[0] ?? {};
  const moment = await momentsOf(db, [{ raw }]);
  return {
    before: otherOf(raw, 'before', moment),
    next: otherOf(raw, 'next', moment),
    dead:
      raw.was_dead == null
        ? null
        : {
            slot: slotOf(version),
            atArrival: raw.was_dead === true,
            fellBack: raw.fell_back === true,
            back: nullableTextOf(raw, 'back_version'),
            isBackRemoved: raw.has_back === true && raw.back_version === null,
          },
  };
}

function otherOf(raw: RawRow, which: 'before' | 'next', moment: MomentOf): OtherVersion | null {
  const version = nullableTextOf(raw, `${which}_version`);
  return version === null ? null : { version, arrived: moment(raw, `${which}_run_id`, `${which}_at_ms`) };
}

/** A tie of more is counted up to here. */
export const MOST_TIED = 1_000;

/** Only of the latest version: three look-ups by type and tokens, and the count of a tie. */
const standing: Statement = {
  name: 'read_standing',
  deadline: 'read',
  text: `
    SELECT a.account_type, (top.tokens - a.tokens)::text AS behind,
      CASE WHEN top.tokens = a.tokens THEN a.id ELSE top.id END AS leader,
      (SELECT count(*)::int4 FROM (SELECT FROM accounts AS t
        WHERE t.account_type = a.account_type AND t.tokens = top.tokens LIMIT ${MOST_TIED}) AS tie) AS tied
    FROM accounts AS a
    CROSS JOIN LATERAL (
      SELECT t.id, t.tokens FROM accounts AS t WHERE t.account_type = a.account_type
      ORDER BY t.tokens DESC, t.id LIMIT 1
    ) AS top
    WHERE a.id = $1::text AND a.update_seq = $2::int8`,
};

async function readStanding(db: Queryable, { id, seq }: VersionRow): Promise<Standing | null> {
  const { rows } = await db.query<RawRow>(standing, [id, seq]);
  return (
    rows.map((raw) => ({
      accountType: textOf(raw, 'account_type'),
      behind: textOf(raw, 'behind'),
      leader: textOf(raw, 'leader'),
      tied: countOf(raw, 'tied'),
    }))[0] ?? null
  );
}

function standingAt(state: StateAt, { id, accountType, tokens }: VersionRow): Standing | null {
  const top = leadersOfTypeAt(state, accountType, null, 1);
  const first = top?.leaders[0];
  if (!top || !first) return null;
  const behind = String(BigInt(top.tokens) - BigInt(tokens));
  return { accountType, tied: top.tied, behind, leader: behind === '0' ? id : first.id };
}
