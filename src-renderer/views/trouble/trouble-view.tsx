import { IconAlertTriangle } from '@tabler/icons-react';
import type { OpeningTrouble, TroubleKind } from '../../../src-shared/database-state';
import { toPrintable, toPrintableText } from '../../../src-shared/printable';
import { CopyButton, PastTime } from '../../components/values';
import classes from './trouble-view.module.css';
import { WaysOut } from './ways-out';

const TITLES: Readonly<Record<TroubleKind, string>> = {
  held: 'Another program has the database',
  damaged: 'The database is damaged',
  postgres_version: 'The database is of another version of Postgres',
  not_a_database: 'There is no database in this directory',
  not_writable: 'The data directory cannot be used',
  gone: 'The data directory is gone',
  schema_newer: 'The database is of a newer Ingot',
  schema_older: 'The database is of an older Ingot',
  migration_changed: 'The database is of another build of Ingot',
  schema_taken: 'Another program has the schema',
  disk_full: 'No room is left on the disk',
  unreachable: 'The database cannot be opened',
};

/** Replaces all views while there is no database: what is wrong, and each way out. */
export function TroubleView({ trouble }: { readonly trouble: OpeningTrouble }) {
  const { kind, message, hint, dataDir, sinceMs, canStartAfresh } = trouble;
  return (
    <main className={classes.page} aria-labelledby="trouble-title">
      <div className={classes.column}>
        <div className={classes.head} role="alert">
          <IconAlertTriangle size={28} stroke={1.5} aria-hidden="true" />
          <div>
            <h1 id="trouble-title" className={classes.title}>
              {TITLES[kind]}
            </h1>
            <p className={classes.message}>{toPrintableText(message)}</p>
          </div>
        </div>
        <dl className={classes.facts}>
          {dataDir !== null && (
            <>
              <dt>Directory</dt>
              <dd className={classes.location}>
                <code>{toPrintable(dataDir)}</code>
                <CopyButton text={dataDir} label="Copy the directory" />
              </dd>
            </>
          )}
          <dt>Tried</dt>
          <dd>
            <PastTime timeMs={sinceMs} />
          </dd>
          <dt>Kept</dt>
          <dd>{KEPT[kind] ?? 'All of its files, as they are. Nothing was changed.'}</dd>
        </dl>
        <WaysOut trouble={trouble} />
        {!canStartAfresh && kind !== 'held' && hint !== null && <p className={classes.hint}>{hint}</p>}
      </div>
    </main>
  );
}

const KEPT: Partial<Record<TroubleKind, string>> = {
  disk_full: 'Everything acknowledged. A run that was under way stopped there, and can be resumed.',
  gone: 'What was stored before is in the directory, wherever it is now. No other database was made in its place.',
};
