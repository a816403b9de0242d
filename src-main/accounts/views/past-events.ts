import type { Moment } from '../../../src-shared/run-clock';
import {
  MAX_WINDOW_ROWS,
  type PastEvent,
  type PastEvents,
  type PastEventsQuery,
  type SettledHow,
} from '../../../src-shared/views';
import type { Queryable, Statement } from '../../database/database';
import { readRetention } from '../../storage/retention';
import { versionTextOf } from '../../storage/version-sql';
import { momentsOf, SCAN_ROWS } from './read-window';
import { countOf, type MomentOf, nullableTextOf, type RawRow, textOf } from './row-set';
import { joinUpdate } from './sql-pieces';

const listUpdates: Statement = {
  name: 'list_past_updates',
  deadline: 'read',
  text: `
    SELECT u.seq::text, u.run_id, u.at_ms, u.account_id, u.account_type, u.tokens::text, u.due_ms IS NULL AS is_stale,
      ${versionTextOf('u')} AS version_text, ${versionTextOf('u', 'cancels_slot', 'cancels_version')} AS cancels_text
    FROM account_updates AS u WHERE u.seq <= $1::int8 ORDER BY u.seq DESC LIMIT ${MAX_WINDOW_ROWS}`,
};

const listSettled: Statement = {
  name: 'list_past_settled',
  deadline: 'read',
  text: `
    SELECT s.seq::text, s.run_id, s.at_ms, s.how, s.account_id, u.account_type, u.tokens::text, u.due_ms,
      ${versionTextOf('u')} AS version_text
    FROM (
      SELECT * FROM settled_callbacks WHERE seq <= $1::int8 ORDER BY seq DESC LIMIT ${MAX_WINDOW_ROWS}
    ) AS s ${joinUpdate('s.update_seq', 'u')} ORDER BY s.seq DESC`,
};

/** They have no number in the one order, so their time places them. */
const listRejects: Statement = {
  name: 'list_past_rejects',
  deadline: 'read',
  text: `
    SELECT run_id, at_ms, record_index, reason FROM rejects WHERE run_id = $1::int8
    ORDER BY record_index LIMIT ${SCAN_ROWS}`,
};

type Ordered = PastEvent & { readonly seq: bigint };

/** The last of what had happened at an instant, as far as it is stored: the latest `MAX_WINDOW_ROWS`, in order. */
export async function listPastEvents(
  db: Queryable,
  { asOf, runId, at }: PastEventsQuery,
): Promise<PastEvents> {
  const { rows: updates } = await db.query<RawRow>(listUpdates, [asOf]);
  const { rows: settled } = await db.query<RawRow>(listSettled, [asOf]);
  const { rows: rejects } = runId === null ? { rows: [] } : await db.query<RawRow>(listRejects, [runId]);
  const { floor } = await readRetention(db);
  const moment = await momentsOf(
    db,
    [...updates, ...settled, ...rejects].map((raw) => ({ raw })),
  );
  let isCut = false;
  let stored: readonly Ordered[] = [
    ...updates.flatMap((raw) => eventsOfUpdate(raw, moment)),
    ...settled.map((raw) => settledEvent(raw, moment)),
  ];
  if (floor !== null) {
    const known = stored.filter(({ seq }) => seq > BigInt(floor.seq));
    isCut = known.length < stored.length;
    stored = known;
  }
  const sorted = stored.toSorted((a, b) => (a.seq < b.seq ? -1 : a.seq > b.seq ? 1 : 0));
  const isWhole = rejects.length < SCAN_ROWS;
  const rejected = isWhole
    ? rejects.map((raw) => rejectedEvent(raw, moment)).filter((event) => at === null || event.moment.at <= at)
    : [];
  const all = merge(sorted, rejected);
  const events = all.slice(-MAX_WINDOW_ROWS);
  const more =
    events.length < all.length || [updates, settled].some(({ length }) => length === MAX_WINDOW_ROWS);
  return { events, more: more && !isCut, removed: isCut, rejects: isWhole };
}

function eventsOfUpdate(raw: RawRow, moment: MomentOf): readonly Ordered[] {
  const version = textOf(raw, 'version_text');
  const base = { ...commonOf(raw, moment), latenessMs: 0, reason: null };
  const arrived: Ordered = {
    ...base,
    kind: raw.is_stale === true ? 'stale' : 'indexed',
    version,
    how: null,
    supersededBy: null,
  };
  const cancelled = nullableTextOf(raw, 'cancels_text');
  if (cancelled === null) return [arrived];
  return [
    arrived,
    {
      ...base,
      kind: 'cancelled',
      version: cancelled,
      tokens: null,
      how: 'newer version',
      supersededBy: version,
    },
  ];
}

function settledEvent(raw: RawRow, moment: MomentOf): Ordered {
  const how = textOf(raw, 'how') as SettledHow;
  const common = commonOf(raw, moment);
  const due = moment(raw, 'run_id', 'due_ms');
  return {
    ...common,
    kind: how === 'due' || how === 'fired by hand' ? 'fired' : 'cancelled',
    version: textOf(raw, 'version_text'),
    how,
    latenessMs: latenessBetween(due, common.moment),
    supersededBy: null,
    reason: null,
  };
}

function latenessBetween(due: Moment, settled: Moment): number {
  const lateMs =
    due.wallMs === null || settled.wallMs === null ? settled.at - due.at : settled.wallMs - due.wallMs;
  return Math.max(0, lateMs);
}

const commonOf = (raw: RawRow, moment: MomentOf) => ({
  seq: BigInt(textOf(raw, 'seq')),
  moment: moment(raw, 'run_id', 'at_ms'),
  id: textOf(raw, 'account_id'),
  accountType: textOf(raw, 'account_type'),
  tokens: textOf(raw, 'tokens'),
});

function rejectedEvent(raw: RawRow, moment: MomentOf): PastEvent {
  return {
    kind: 'rejected',
    moment: moment(raw, 'run_id', 'at_ms'),
    id: null,
    accountType: null,
    version: null,
    tokens: null,
    how: null,
    latenessMs: 0,
    supersededBy: null,
    reason: `record ${countOf(raw, 'record_index')}: ${textOf(raw, 'reason')}`,
  };
}

/** Each reject comes before the first event of its run that is later. */
function merge(stored: readonly Ordered[], rejected: readonly PastEvent[]): readonly PastEvent[] {
  const waiting = rejected.toSorted((a, b) => a.moment.at - b.moment.at);
  const merged: PastEvent[] = [];
  for (const { seq: _seq, ...event } of stored) {
    while (
      waiting[0] &&
      waiting[0].moment.runId === event.moment.runId &&
      waiting[0].moment.at < event.moment.at
    ) {
      merged.push(waiting.shift() as PastEvent);
    }
    merged.push(event);
  }
  return [...merged, ...waiting];
}
