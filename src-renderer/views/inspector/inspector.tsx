import { IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { countOf } from '../../../src-shared/amounts';
import { toPrintable } from '../../../src-shared/printable';
import { useResource } from '../../bindings/use-resource';
import { useStored } from '../../bindings/use-stored';
import { useInstant, useModel, useReads, useRoute, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { MarkBadge } from '../../components/mark-badge';
import { DueTime, MomentPast } from '../../components/moments';
import { PaneEdge } from '../../components/pane-edge';
import { RetentionNote } from '../../components/retention-note';
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

/** Wide windows have room for the outcomes of the versions in words. */
const usualWidth = () => (window.innerWidth < 1700 ? 480 : 600);
const WIDTH_WITH_WORDS = 590;

function InspectorPane({ id }: { readonly id: string }) {
  const { preferences } = useModel();
  const reads = useReads();
  const isLive = useInstant(({ text }) => text === null);
  const { run, address } = useWindow();
  const [width, setWidth] = useStored<number>('inspector.width', usualWidth());
  const shown = useRoute((route) => route.shown);
  const against = useRoute((route) => route.against);
  const chosen = useMemo(() => ({ shown, against }), [shown, against]);
  const choose = useCallback((next: ChosenVersions) => address.go(next, 'replace'), [address]);
  const load = useCallback(() => reads.call('accounts.get', { id }), [reads, id]);
  const { value: account, error, reload } = useResource(load, undefined, 'keep');
  const known = account !== null;
  const gone = !known && error?.code === 'not_found';
  const pane = useRef<HTMLElement>(null);

  useEffect(() => {
    // Keeps Escape working wherever the focus has moved since.
    pane.current?.scrollTo(0, 0);
  }, []);
  useEffect(() => {
    if (isLive && (known || gone)) rememberAccount(preferences, id, known);
  }, [known, gone, preferences, id, isLive]);
  useEffect(() => {
    // After a reset, an account that returns may lack the chosen versions.
    if (gone && isLive) choose({ shown: null, against: null });
  }, [gone, choose, isLive]);

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
        <div className={classes.body}>
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
                  account.callbackDue && <DueTime due={account.callbackDue} />
                ) : (
                  <MomentPast moment={account.callbackSettled} />
                )}
              </dd>
            </div>
          </dl>
          <TokensPlot id={id} />
          <section className={classes.versions} aria-label="Versions">
            <h3 className={classes.sectionTitle}>{countOf(account.versions, 'version')}</h3>
            <VersionsGrid
              id={id}
              chosen={chosen}
              latest={account.version}
              onChoose={choose}
              withWords={width >= WIDTH_WITH_WORDS}
            />
            <RetentionNote />
          </section>
          <VersionDetail id={id} chosen={chosen} latest={account.version} onChoose={choose} />
        </div>
      )}
    </aside>
  );
}
