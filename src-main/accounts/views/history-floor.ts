import { countOf } from '../../../src-shared/amounts';
import { IngotError } from '../../../src-shared/errors';
import { NOW_SEQ, parseAsOf, type ResolvedInstant } from '../../../src-shared/instant';
import type { HistoryFloor } from '../../../src-shared/retention';
import { formatRunTime, type Moment } from '../../../src-shared/run-clock';
import { compareVersions } from '../../../src-shared/update';
import type { Queryable } from '../../database/database';
import { readRetention, sumRemoved } from '../../storage/retention';

/** @throws IngotError `not_found` if retention removed what would tell what there was as of a number, or of a place on the chain. */
export async function refuseBelowFloor(db: Queryable, asOf: string): Promise<void> {
  if (asOf === NOW_SEQ) return;
  const { floor } = await readRetention(db);
  if (floor === null) return;
  const { seq, cut } = parseAsOf(asOf);
  const isCutBelow = cut !== null && compareVersions(cut, floor.version) < 0;
  if (BigInt(seq) < BigInt(floor.seq) || isCutBelow) throw await removedBefore(db, floor, isCutBelow);
}

/** The instant, if the history tells what there was; one that lies between what was removed last and what is there is the floor. */
export async function aboveFloor(db: Queryable, instant: ResolvedInstant): Promise<ResolvedInstant> {
  const { floor } = await readRetention(db);
  if (floor === null) return instant;
  const { wallMs } = floor.moment;
  const isBelow = BigInt(instant.seq) < BigInt(floor.seq);
  const isAfter = instant.wallMs !== null && wallMs !== null && instant.wallMs >= wallMs;
  const [, cut] = instant.asOf.split(',');
  const found =
    isBelow && isAfter
      ? { ...instant, seq: floor.seq, asOf: cut === undefined ? floor.seq : `${floor.seq},${cut}` }
      : instant;
  await refuseBelowFloor(db, found.asOf);
  return found;
}

async function removedBefore(
  db: Queryable,
  { moment, version }: HistoryFloor,
  isCutBelow: boolean,
): Promise<IngotError> {
  const { indexed, stale } = await sumRemoved(db);
  const since = isCutBelow ? `version ${version} of the chain` : writeMoment(moment);
  return new IngotError(
    'not_found',
    `What there was then is not known: retention removed ${countOf(indexed + stale, 'older version')}.`,
    { hint: `The history is whole from ${since} on.` },
  );
}

const writeMoment = ({ runId, at, wallMs }: Moment) =>
  wallMs === null ? `${formatRunTime(at)} of run ${runId}` : new Date(wallMs).toISOString();
