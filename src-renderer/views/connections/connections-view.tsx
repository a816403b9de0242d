import { IconPlug, IconPlugConnected } from '@tabler/icons-react';
import { useCallback, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { countOf } from '../../../src-shared/amounts';
import type { SavedConnection } from '../../../src-shared/connections';
import { useResource } from '../../bindings/use-resource';
import { useModel, useReadOnly, useRoute, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { Failed, Loading } from '../../components/states';
import { ViewFrame } from '../../components/view-frame';
import { type ConnectionForm, EMPTY_CONNECTION, formOfConnection } from '../../stores/connection-form';
import { ConnectForm } from './connect-form';
import { ConnectionDetail } from './connection-detail';
import { ConnectionsTable } from './connections-table';
import classes from './connections-view.module.css';
import { SavedConnections } from './saved-connections';

export function ConnectionsView() {
  const { client, connections, fail, messages } = useModel();
  const { address } = useWindow();
  const { list, error } = useStore(connections.store);
  const chosen = useRoute((route) => route.detail);
  const readOnly = useReadOnly();
  const [form, setForm] = useState<ConnectionForm>(EMPTY_CONNECTION);
  const [asked, setAsked] = useState(false);
  const loadSaved = useCallback(() => client.call('connections.saved', {}), [client]);
  const { value: saved, reload: reloadSaved } = useResource(loadSaved, ['everything']);
  useEffect(() => connections.follow(), [connections]);

  const connect = async ({ connection, settings }: Omit<SavedConnection, 'name'>) => {
    const { run } = await client.call('connections.connect', { connection, settings });
    await connections.load();
    setAsked(false);
    address.go({ detail: run.runId }, 'replace');
  };
  const save = async (name: string, read: Omit<SavedConnection, 'name'>) => {
    try {
      await client.call('connections.save', { name, ...read });
      messages.emit({ level: 'success', text: `Saved the connection ${name}.` });
      reloadSaved();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  };
  const edit = ({ connection, settings }: SavedConnection) => {
    const read = formOfConnection(connection, settings);
    if (read === null) return;
    setForm(read);
    setAsked(true);
  };
  const forget = ({ name }: SavedConnection) => {
    client.call('connections.remove', { name }).then(reloadSaved, fail);
  };

  const none = list !== null && list.length === 0;
  const shown = list?.find(({ run }) => run.runId === chosen) ?? list?.[0];
  const connected = list?.filter(({ state }) => state === 'connected').length ?? 0;
  return (
    <ViewFrame
      title="Connections"
      count={list !== null && list.length > 0 ? `${connected} of ${list.length} connected` : undefined}
      hasTimes
      controls={
        !none && (
          <ActionButton
            icon={IconPlugConnected}
            tone={asked ? 'plain' : 'main'}
            whyNot={readOnly}
            aria-expanded={asked}
            onClick={() => setAsked(!asked)}
          >
            Connect…
          </ActionButton>
        )
      }
    >
      {list === null ? (
        error === null ? (
          <Loading what="the connections" />
        ) : (
          <Failed error={error} onRetry={() => void connections.load()} />
        )
      ) : (
        <div className={classes.page}>
          {none && (
            <div className={classes.invitation}>
              <IconPlug size={28} stroke={1.25} aria-hidden="true" />
              <div>
                <h2>Connect to a source that goes on</h2>
                <p>
                  A validator, a stream, a file that grows. What is missed while a connection is lost is
                  written down, never hidden.
                </p>
              </div>
            </div>
          )}
          {(asked || none) && (
            <section className={classes.section} aria-label="New connection">
              <ConnectForm
                form={form}
                onChange={setForm}
                onConnect={connect}
                onSave={save}
                onClose={none ? null : () => setAsked(false)}
              />
            </section>
          )}
          {!none && (
            <section className={classes.section} aria-label="Open connections">
              <ConnectionsTable
                list={list}
                shown={shown?.run.runId ?? null}
                onShow={(runId) => address.go({ detail: runId }, 'replace')}
              />
            </section>
          )}
          {shown && <ConnectionDetail key={shown.run.runId} status={shown} />}
          {saved !== null && saved.length > 0 && (
            <section className={classes.section} aria-labelledby="saved-connections">
              <h2 id="saved-connections">{countOf(saved.length, 'saved connection')}</h2>
              <SavedConnections
                saved={saved}
                readOnly={readOnly}
                onConnect={(one) => void connect(one).catch(fail)}
                onEdit={edit}
                onForget={forget}
              />
            </section>
          )}
        </div>
      )}
    </ViewFrame>
  );
}
