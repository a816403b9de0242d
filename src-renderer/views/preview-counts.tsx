import type { ReactNode } from 'react';
import { countOf, formatSpan, groupDigits, wholePercent } from '../../src-shared/amounts';
import type { Estimate, SourceCounts, Tally } from '../../src-shared/contract';
import { toPrintableText } from '../../src-shared/printable';
import { expectedArrivalMs, type RunSettings } from '../../src-shared/run-settings';
import classes from './preview-drawer.module.css';

interface Props {
  readonly counts: SourceCounts | null;
  /** Null while a setting is invalid. */
  readonly settings: RunSettings | null;
}

/** What is in the whole source, as far as it was read, and how long its run takes. */
export function PreviewCounts({ counts, settings }: Props) {
  if (counts === null) return null;
  const { records, rejected, accounts, repeated, known } = counts;
  const mostly = mostRejected(counts);
  return (
    <section aria-labelledby="preview-counts">
      <h3 id="preview-counts" className={classes.sectionTitle}>
        In the whole source
        {!counts.isDone && <span className={classes.counting}>{readSoFar(counts)}</span>}
      </h3>
      {mostly !== null && (
        <div className={classes.fault} role="alert">
          <p>
            {wholePercent(rejected, records)} % of the records would be rejected. Most often:{' '}
            {toPrintableText(mostly)}.
          </p>
        </div>
      )}
      <dl className={classes.counts}>
        <Fact name="Records">{groupDigits(records)}</Fact>
        <Fact name="Accounts">{about(accounts)}</Fact>
        <Fact name="Types">
          <Names tally={counts.types} />
        </Fact>
        {rejected > 0 && (
          <Fact name="Rejected">
            {groupDigits(rejected)}
            <Names tally={counts.reasons} />
          </Fact>
        )}
        {counts.skipped.length > 0 && (
          <Fact name="No updates">
            <Names tally={{ listed: counts.skipped, otherNames: 0, otherRecords: 0, isWhole: true }} />
          </Fact>
        )}
        {repeated.count > 0 && <Fact name="Repeated in it">{about(repeated)}</Fact>}
        {known !== null && <Fact name="Already known">{known.count === 0 ? 'none' : about(known)}</Fact>}
        {counts.isDone && settings !== null && (
          <Fact name="The run takes">{describeLength(counts, settings)}</Fact>
        )}
      </dl>
      {counts.fault !== null && <p className={classes.aside}>{toPrintableText(counts.fault.message)}</p>}
    </section>
  );
}

/** What is wrong most often if more than half of the records would be rejected; otherwise null. */
export function mostRejected(counts: SourceCounts | null): string | null {
  if (counts === null || counts.rejected * 2 <= counts.records) return null;
  return counts.reasons.listed[0]?.name ?? null;
}

/** From the first arrival to the last callback. */
export function describeLength({ records, longestCallbackMs }: SourceCounts, settings: RunSettings): string {
  if (settings.simulate) return 'no time: its clock is virtual';
  const wall = (runMs: number) => formatSpan(Math.round(runMs / settings.speed));
  const arrivalMs = expectedArrivalMs(settings, records);
  const arrivals =
    arrivalMs === null
      ? 'as long as it was recorded'
      : arrivalMs === 0
        ? 'as long as it takes to read'
        : `about ${wall(arrivalMs)}`;
  if (!settings.wait || longestCallbackMs === 0) return arrivals;
  return `${arrivals}, then at most ${wall(longestCallbackMs)} for callbacks`;
}

function readSoFar({ bytesRead, bytesTotal, records }: SourceCounts): string {
  const share = bytesTotal === null || bytesTotal === 0 ? null : wholePercent(bytesRead, bytesTotal);
  return share === null ? `${countOf(records, 'record')} so far` : `${share} % read`;
}

const about = ({ count, isExact }: Estimate) =>
  isExact ? groupDigits(count) : `about ${groupDigits(count)}`;

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const SHOWN_NAMES = 8;

function Names({ tally: { listed, otherNames, otherRecords, isWhole } }: { readonly tally: Tally }) {
  const shown = listed.slice(0, SHOWN_NAMES);
  const hidden = listed.slice(SHOWN_NAMES);
  const records = hidden.reduce((sum, one) => sum + one.records, otherRecords);
  const more = `${isWhole ? '' : 'more than '}${groupDigits(hidden.length + otherNames)}`;
  return (
    <ul className={classes.names}>
      {shown.map((one) => (
        <li key={one.name}>
          <bdi>{toPrintableText(one.name)}</bdi> <span>{groupDigits(one.records)}</span>
        </li>
      ))}
      {records > 0 && (
        <li>
          {more} others <span>{groupDigits(records)}</span>
        </li>
      )}
    </ul>
  );
}
