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
  /** How often the form was asked for since it was closed last. */
  const [asked, setAsked] = useState(0);
  const loadSaved = useCallback(() => client.call('connections.saved', {}), [client]);
  const { value: saved, reload: reloadSaved } = useResource(loadSaved, ['everything']);
  useEffect(() => connections.follow(), [connections]);

  const connect = async ({ connection, settings }: Omit<SavedConnection, 'name'>, records = false) => {
    const file = records ? await client.call('connections.chooseRecording', {}) : null;
    if (records && file === null) return;
    const record = file?.record ?? null;
    const { run } = await client.call('connections.connect', { connection, settings, record });
    await connections.load();
    setAsked(0);
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
    setAsked(asked + 1);
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
            tone={asked > 0 ? 'plain' : 'main'}
            whyNot={readOnly}
            aria-expanded={asked > 0}
            onClick={() => setAsked(asked > 0 ? 0 : 1)}
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
                <h2>Connect to a live source</h2>
                <p>
                  A validator, a stream or a file that grows. What is missed while a connection is lost is
                  recorded as a gap.
                </p>
              </div>
            </div>
          )}
          {(asked > 0 || none) && (
            <section className={classes.section} aria-label="New connection">
              <ConnectForm
                key={asked}
                takesFocus={asked > 0}
                form={form}
                onChange={setForm}
                onConnect={connect}
                onSave={save}
                onClose={none ? null : () => setAsked(0)}
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
