import { useCallback } from 'react';
import { toPrintable } from '../../../src-shared/printable';
import type { DatabaseInfo } from '../../../src-shared/views';
import { useResource } from '../../bindings/use-resource';
import { useModel } from '../../bindings/window-context';
import { Failed, Loading } from '../../components/states';
import { CopyButton, Digits } from '../../components/values';
import { ViewFrame } from '../../components/view-frame';
import { formatBytes } from '../../format/integers';
import { Backups } from './backups';
import classes from './database-view.module.css';
import { Exports } from './exports';
import { ResetSection } from './reset-section';
import { RetentionSection } from './retention-section';
import { Spaces } from './spaces';

export function DatabaseView() {
  const { client } = useModel();
  const load = useCallback(() => client.call('database.info', {}), [client]);
  const { value: info, error, reload } = useResource(load);
  return (
    <ViewFrame title="Database">
      {info === null ? (
        error === null ? (
          <Loading what="the database" />
        ) : (
          <Failed error={error} onRetry={reload} />
        )
      ) : (
        <div className={classes.page}>
          <Info info={info} />
          <RetentionSection />
          <Spaces />
          <Exports />
          <Backups />
          <ResetSection info={info} />
        </div>
      )}
    </ViewFrame>
  );
}

function Info({ info }: { readonly info: DatabaseInfo }) {
  return (
    <section className={classes.section} aria-labelledby="database-about">
      <h2 id="database-about">About</h2>
      <dl className={classes.facts}>
        <dt>Kind</dt>
        <dd>
          {info.kind === 'pglite' ? 'Embedded Postgres' : 'Postgres server'} {info.serverVersion}
        </dd>
        <dt>Location</dt>
        <dd className={classes.location}>
          {info.location === 'memory' ? (
            'in memory only: gone when Ingot ends'
          ) : (
            <>
              <code>{toPrintable(info.location)}</code>
              <CopyButton text={info.location} label="Copy the location" />
            </>
          )}
        </dd>
        <dt>Size</dt>
        <dd>{formatBytes(info.sizeBytes)}</dd>
        <dt>Schema</dt>
        <dd>version {info.schemaVersion}</dd>
      </dl>
      <dl className={classes.figures}>
        <Figure name="Accounts" value={info.rows.accounts} />
        <Figure name="Updates" value={info.rows.accountUpdates} />
        <Figure name="Runs" value={info.rows.runs} />
        <Figure name="Rejected records" value={info.rows.rejects} />
      </dl>
    </section>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={classes.figure}>
        <Digits value={value} />
      </dd>
    </div>
  );
}
