import { countOf, formatSpan } from '../../src-shared/amounts';
import type { SourcePreview } from '../../src-shared/contract';
import { toPrintableText } from '../../src-shared/printable';
import { MarkBadge } from '../components/mark-badge';
import { AccountId, DataText, Digits, Nothing, Version } from '../components/values';

import classes from './preview-drawer.module.css';

interface PreviewRecordsProps {
  readonly preview: SourcePreview;
  /** They are being read again, in another way. */
  readonly isBehind: boolean;
}

/** The first records as they would be ingested, with the reason for an invalid one or a broken source. */
export function PreviewRecords({ preview, isBehind }: PreviewRecordsProps) {
  const { records, fault } = preview;
  return (
    <section aria-labelledby="preview-records" aria-busy={isBehind}>
      <h3 id="preview-records" className={classes.sectionTitle}>
        {fault === null ? 'First records' : 'Records that can be read'}
      </h3>
      {records.length === 0 ? (
        <p className={classes.note}>{fault === null ? whyNone(preview) : 'None.'}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so it can be reached by the keyboard.
        <section className={classes.tableFrame} tabIndex={0} aria-label="Table of the records">
          <table className={classes.table}>
            <thead>
              <tr>
                <th data-align="end">#</th>
                <th>Account</th>
                <th>Type</th>
                <th data-align="end">Tokens</th>
                <th data-align="end">{isUnnumbered(records) ? 'Slot' : 'Version'}</th>
                <th data-align="end">Callback after</th>
              </tr>
            </thead>
            <tbody>
              {records.map((record) =>
                record.kind === 'update' ? (
                  <tr key={record.record}>
                    <td data-align="end">
                      <Digits value={record.record} />
                    </td>
                    <td>
                      <span className={classes.account}>
                        <AccountId id={record.id} />
                      </span>
                    </td>
                    <td>
                      <span className={classes.type}>
                        <DataText text={record.accountType} />
                      </span>
                    </td>
                    <td data-align="end">
                      <Digits value={record.tokens} />
                    </td>
                    <td data-align="end">
                      <VersionOrSlot version={record.version} slot={record.slot} />
                    </td>
                    <td data-align="end">{formatSpan(record.callbackTimeMs)}</td>
                  </tr>
                ) : (
                  <tr key={record.record}>
                    <td data-align="end">
                      <Digits value={record.record} />
                    </td>
                    <td colSpan={5}>
                      <span className={classes.reject}>
                        <MarkBadge mark="rejected" /> {toPrintableText(record.reason)}
                      </span>
                    </td>
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </section>
      )}
      {fault !== null && (
        <div className={classes.fault} role="alert">
          <p>{toPrintableText(fault.message)}</p>
          {fault.details.hint !== undefined && <p>{toPrintableText(fault.details.hint)}</p>}
          <p>A run ingests what comes before, and fails there.</p>
        </div>
      )}
    </section>
  );
}

const isUnnumbered = (records: SourcePreview['records']) =>
  records.some((record) => record.kind === 'update' && record.version === null);

/** Without a write version the place within the slot is found when it is stored. */
function VersionOrSlot({ version, slot }: { readonly version: string | null; readonly slot: string | null }) {
  if (version !== null) return <Version value={version} />;
  return slot === null ? <Nothing word="given when it is stored" /> : <Digits value={slot} />;
}

function whyNone({ reading }: SourcePreview): string {
  const skipped = reading?.skipped.map(({ name, records }) => countOf(records, name)) ?? [];
  return skipped.length === 0
    ? 'There is no record in it.'
    : `None of what was looked at is an account update: ${skipped.join(', ')}.`;
}
