import type { RunCounts, RunStatus } from '../../../src-shared/events';
import type { RejectRow } from '../../../src-shared/views';
import { findFirstReject } from '../../accounts/sql/find-first-reject';
import type { Queryable } from '../../database/database';
import { CANONICAL, FIELD_MAPS, FIELDS, type FieldMap } from '../../ingestion/field-maps';
import { REASONS } from '../../ingestion/reasons';
import { formatCount } from './durations';

/** Why nearly nothing of a run was taken, for a person; null if that is not so, or cannot be known any more. */
export async function explainRejection(db: Queryable, status: RunStatus): Promise<string | null> {
  const { runId, state, counts, fieldMap } = status;
  if (!rejectedNearlyAll(counts)) return null;
  // What ended the run may have taken the database with it, and has words of its own.
  if (state === 'failed' || state === 'interrupted') return null;
  const first = await findFirstReject(db, runId);
  return first ? describeRejection(counts, first, fieldMap) : null;
}

/** More than nine in ten records were rejected. */
export function rejectedNearlyAll({ records, rejected }: RunCounts): boolean {
  return rejected > 0.9 * records;
}

/** @param fieldMap Name of the map that the run went by. */
export function describeRejection(
  { records, rejected }: RunCounts,
  first: RejectRow,
  fieldMap: string | null,
): string {
  const all = rejected === records ? 'Every record' : 'Nearly every record';
  const said = `${all} was rejected, the first of them, record ${formatCount(first.record)}, for "${first.reason}".`;
  const used = FIELD_MAPS.find(({ name }) => name === fieldMap) ?? CANONICAL;
  const other = findOtherNames(first, used);
  if (other === undefined) return said;
  return (
    `${said} It has ${other.name} names of its fields, but the source began with ${used.name} ones: ` +
    'put records with other names into a source of their own.'
  );
}

/** The map by which the record has the field that it lacks by the `used` one. Its text may be cut. */
function findOtherNames({ reason, excerpt }: RejectRow, used: FieldMap): FieldMap | undefined {
  const missing = FIELDS.find((field) => reason === `${field}: ${REASONS.required}`);
  if (missing === undefined) return undefined;
  return FIELD_MAPS.find(({ names }: FieldMap) => {
    const name = names[missing];
    return name !== undefined && name !== used.names[missing] && excerpt.includes(`"${name}"`);
  });
}
