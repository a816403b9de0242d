import { IconClock, IconDownload, IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { TableQuery } from '../../src-shared/tables';
import { useInstant, useModel, usePreference, useWindow } from '../bindings/window-context';
import { TIMES_SHOWN } from '../format/times';
import { Chord } from './chord';
import type { Exported } from './export-dialog';
import { RetentionNote } from './retention-note';
import { TimeStrip } from './time-strip';
import classes from './view-frame.module.css';

interface ViewFrameProps {
  readonly title: string;
  /** Beside the title: `1,204 accounts`. */
  readonly count?: ReactNode;
  readonly controls?: ReactNode;
  /** The view shows times of runs, so their switch is at hand. */
  readonly hasTimes?: boolean;
  /** What an export of this view holds. */
  readonly exported?: TableQuery;
  readonly children: ReactNode;
}

/** What retention removes is missing there. */
const OF_THE_PAST: ReadonlySet<TableQuery['table']> = new Set(['updates', 'callbacks', 'leaders']);

export function ViewFrame({ title, count, controls, hasTimes = false, exported, children }: ViewFrameProps) {
  const { run } = useWindow();
  return (
    <main className={classes.view} aria-labelledby="view-title">
      <header className={classes.head}>
        <h1 id="view-title" className={classes.title}>
          {title}
        </h1>
        {count !== undefined && <span className={classes.count}>{count}</span>}
        <div className={classes.controls}>{controls}</div>
        {exported && <ExportButton query={exported} />}
        {hasTimes && <TimesSwitch />}
        <button type="button" className={classes.find} onClick={() => run('window.palette')}>
          <IconSearch size={14} stroke={2} aria-hidden="true" />
          <span className={classes.findWord}>Find</span>
          <Chord command="window.palette" />
        </button>
      </header>
      <TimeStrip />
      {exported !== undefined && OF_THE_PAST.has(exported.table) && <RetentionNote />}
      {children}
    </main>
  );
}

/** Its dialog is loaded when it is needed. */
export function ExportButton({
  query,
  children = 'Export…',
}: {
  readonly query: Exported;
  readonly children?: string;
}) {
  const model = useModel();
  const text = useInstant((state) => state.text);
  const found = useInstant((state) => state.found);
  return (
    <button
      type="button"
      className={classes.find}
      data-tip="Save these rows as CSV, JSON or Parquet, or copy the command that shows them"
      onClick={() => {
        import('./export-dialog').then(
          ({ openExport }) => openExport(model, query, found && { ...found, text }),
          model.fail,
        );
      }}
    >
      <IconDownload size={14} stroke={2} aria-hidden="true" />
      {children}
    </button>
  );
}

/** Each press shows the times of runs in the next of three ways. */
function TimesSwitch() {
  const { run } = useWindow();
  const shown = usePreference('timeShown');
  const word = TIMES_SHOWN.find(({ value }) => value === shown)?.label;
  return (
    <button
      type="button"
      className={classes.find}
      aria-label={`Times: ${word}`}
      data-tip={`Times of runs: ${word}. Press for the next of run clock, wall clock, since start`}
      onClick={() => run('window.timeShown')}
    >
      <IconClock size={14} stroke={2} aria-hidden="true" />
      <span className={classes.timesWord}>{word}</span>
    </button>
  );
}
