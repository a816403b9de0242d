import { IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { countOf } from '../../../src-shared/amounts';
import { toPrintable } from '../../../src-shared/printable';
import { useResource } from '../../bindings/use-resource';
import { useStored } from '../../bindings/use-stored';
import { useModel, useRoute, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { MarkBadge } from '../../components/mark-badge';
import { DueTime, MomentPast } from '../../components/moments';
import { PaneEdge } from '../../components/pane-edge';
import { Failed, Loading } from '../../components/states';
import { AccountId, Digits, Version } from '../../components/values';

import { rememberAccount } from '../../stores/preferences';
import classes from './inspector.module.css';
import { TokensPlot } from './tokens-plot';
import { VersionDetail } from './version-detail';
import { type ChosenVersions, VersionsGrid } from './versions-grid';

const LEAST_WIDTH = 376;

/** Everything about one account, beside any view. */
export function Inspector() {
  const id = useRoute((route) => route.inspect);
  if (id === null) return null;
  return <InspectorPane key={id} id={id} />;
}

const LATEST: ChosenVersions = { shown: null, against: null };

function InspectorPane({ id }: { readonly id: string }) {
  const { client, preferences } = useModel();
  const { run } = useWindow();
  const [width, setWidth] = useStored<number>('inspector.width', 464);
  const [chosen, setChosen] = useState(LATEST);
  const load = useCallback(() => client.call('accounts.get', { id }), [client, id]);
  const { value: account, error, reload } = useResource(load);
  const known = account !== null;
  const pane = useRef<HTMLElement>(null);

  useEffect(() => {
    // Keeps Escape working wherever the focus has moved since.
    pane.current?.scrollTo(0, 0);
  }, []);
  useEffect(() => {
    if (known) rememberAccount(preferences, id);
  }, [known, preferences, id]);
  useEffect(() => {
    // After a reset, an account that returns may lack the chosen versions.
    if (!known) setChosen(LATEST);
  }, [known]);

  return (
    <aside
      ref={pane}
      className={classes.pane}
      style={{ width: Math.max(LEAST_WIDTH, width) }}
      aria-label="Account inspector"
    >
      <PaneEdge label="Width of the inspector" size={width} least={LEAST_WIDTH} onResize={setWidth} />
      <header className={classes.head}>
        <h2 className={classes.id}>
          <AccountId id={id} />
        </h2>
        <ActionButton
          tone="quiet"
          icon={IconX}
          aria-label="Close the inspector"
          data-tip="Close (Esc)"
          onClick={() => run('window.close')}
        />
      </header>
      {error !== null && account === null ? (
        <Failed error={error} onRetry={reload} />
      ) : account === null ? (
        <Loading what="the account" />
      ) : (
        <>
          <dl className={classes.facts}>
            <div>
              <dt>Type</dt>
              <dd>
                <bdi>{toPrintable(account.accountType)}</bdi>
              </dd>
            </div>
            <div>
              <dt>Tokens</dt>
              <dd>
                <Digits value={account.tokens} />
              </dd>
            </div>
            <div>
              <dt>Version</dt>
              <dd>
                <Version value={account.version} />
              </dd>
            </div>
            <div>
              <dt>Callback</dt>
              <dd className={classes.callback}>
                <MarkBadge mark={account.callbackState} />
                {account.callbackSettled === null ? (
                  <DueTime due={account.callbackDue} />
                ) : (
                  <MomentPast moment={account.callbackSettled} />
                )}
              </dd>
            </div>
          </dl>
          <TokensPlot id={id} />
          <section className={classes.versions} aria-label="Versions">
            <h3 className={classes.sectionTitle}>{countOf(account.versions, 'version')}</h3>
            <VersionsGrid id={id} chosen={chosen} latest={account.version} onChoose={setChosen} />
          </section>
          <VersionDetail id={id} chosen={chosen} latest={account.version} onChoose={setChosen} />
        </>
      )}
    </aside>
  );
}
