import { IconDownload } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { groupDigits, wholePercent } from '../../../src-shared/amounts';
import type { Moment } from '../../../src-shared/run-clock';
import { useModel } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { saveFile } from '../../components/save-file';
import { formatIso } from '../../format/times';
import { type Exported, exportRows } from '../../stores/export-rows';
import classes from './database-view.module.css';

/** Empty on a virtual clock, and if the run's clock stands still before that time. */
const wallCell = (moment: Moment | null) => (moment?.wallMs == null ? '' : formatIso(moment.wallMs));
/** A run, and milliseconds of its clock. */
const momentColumns = (name: string) => [`${name}Run`, `${name}RunMs`];
const momentCells = (moment: Moment | null) => [moment?.runId ?? null, moment?.at ?? null];

interface Progress {
  readonly rows: number;
  readonly total: number;
}

/** CSV files, read window by window: any size, while the window stays responsive. */
export function Exports() {
  const { client, fail, messages } = useModel();
  const [progress, setProgress] = useState<Progress | null>(null);
  const cancelled = useRef(false);

  const save = async (name: string, walk: () => Promise<Exported | null>) => {
    cancelled.current = false;
    setProgress({ rows: 0, total: 0 });
    try {
      const exported = await walk();
      if (exported === null) return;
      saveFile(name, 'text/csv', exported.parts);
      messages.emit({ level: 'success', text: `Exported ${groupDigits(exported.rows)} rows to ${name}.` });
    } catch (error) {
      fail(error);
    } finally {
      setProgress(null);
    }
  };
  const common = {
    onProgress: (rows: number, total: number) => setProgress({ rows, total }),
    isCancelled: () => cancelled.current,
  };
  const accounts = () =>
    exportRows({
      ...common,
      fetchRows: (window) =>
        client.call('accounts.page', { window, sort: { by: 'id', direction: 'asc' }, filter: {} }),
      columns: [
        'id',
        'accountType',
        'tokens',
        'version',
        'callbackState',
        'callbackDueAt',
        'createdAt',
        'updatedAt',
        ...momentColumns('callbackDue'),
        ...momentColumns('created'),
        ...momentColumns('updated'),
      ],
      cells: (row) => [
        row.id,
        row.accountType,
        row.tokens,
        row.version,
        row.callbackState,
        wallCell(row.callbackDue),
        wallCell(row.created),
        wallCell(row.updated),
        ...momentCells(row.callbackDue),
        ...momentCells(row.created),
        ...momentCells(row.updated),
      ],
    });
  const history = () =>
    exportRows({
      ...common,
      fetchRows: (window) => client.call('history.page', { window, direction: 'asc', filter: {} }),
      columns: [
        'arrival',
        'run',
        'record',
        'id',
        'accountType',
        'version',
        'tokens',
        'outcome',
        'arrivedAt',
        'callbackState',
        'supersededBy',
        'position',
        'at',
        'callbackHow',
        'callbackDueAt',
        ...momentColumns('callbackDue'),
        'callbackSettledAt',
        ...momentColumns('callbackSettled'),
      ],
      cells: (row) => [
        row.seq,
        row.runId,
        row.record,
        row.id,
        row.accountType,
        row.version,
        row.tokens,
        row.outcome,
        wallCell(row.arrived),
        row.callbackState,
        row.supersededBy,
        row.position,
        row.arrived.at,
        row.settledHow,
        wallCell(row.callbackDue),
        ...momentCells(row.callbackDue),
        wallCell(row.callbackSettled),
        ...momentCells(row.callbackSettled),
      ],
    });
  return (
    <section className={classes.section} aria-labelledby="database-export">
      <h2 id="database-export">Export</h2>
      <p className={classes.text}>
        As CSV, with times in UTC and in milliseconds of the run’s clock, without the accounts’ own JSON. A
        backup has everything.
      </p>
      <div className={classes.actions}>
        <ActionButton
          icon={IconDownload}
          whyNot={progress === null ? null : 'An export is under way'}
          onClick={() => void save('ingot-accounts.csv', accounts)}
        >
          Accounts
        </ActionButton>
        <ActionButton
          icon={IconDownload}
          whyNot={progress === null ? null : 'An export is under way'}
          onClick={() => void save('ingot-history.csv', history)}
        >
          History
        </ActionButton>
        {progress !== null && (
          <>
            <progress value={progress.rows} max={Math.max(1, progress.total)} aria-label="Exported" />
            <span>
              {groupDigits(progress.rows)} rows, {wholePercent(progress.rows, progress.total)} %
            </span>
            <ActionButton
              tone="quiet"
              onClick={() => {
                cancelled.current = true;
              }}
            >
              Cancel export
            </ActionButton>
          </>
        )}
      </div>
    </section>
  );
}
