import { type KeyboardEvent, useCallback, useMemo, useState } from 'react';
import { formatSpan, groupDigits } from '../../../src-shared/amounts';
import { withPlace } from '../../../src-shared/chain-place';
import { toPrintable, toPrintableJson } from '../../../src-shared/printable';
import { slotOf } from '../../../src-shared/update';
import type { VersionRow } from '../../../src-shared/views';
import { useResource } from '../../bindings/use-resource';
import { useReads, useRoute, useWindow } from '../../bindings/window-context';
import { JsonView } from '../../components/json-view';
import { Failed, Loading } from '../../components/states';
import { Version } from '../../components/values';
import { formatChange } from '../../format/integers';

import { diffVersions, type FieldChange } from '../../format/version-diff';
import { AccountFields } from './account-fields';
import { findVersions } from './find-versions';
import classes from './inspector.module.css';
import { VersionDeliveries } from './version-deliveries';
import { VersionWhy } from './version-why';
import type { ChosenVersions } from './versions-grid';

interface VersionDetailProps {
  readonly id: string;
  readonly chosen: ChosenVersions;
  readonly latest: string;
  readonly onChoose: (chosen: ChosenVersions) => void;
}

/** Only an account of the chain has fields. */
const TABS = [
  { id: 'changes', label: 'Changes' },
  { id: 'fields', label: 'Fields' },
  { id: 'json', label: 'Data' },
] as const;
type Tab = (typeof TABS)[number]['id'];

/** The difference between two versions, and the fields and the JSON of the one shown. */
export function VersionDetail({ id, chosen, latest, onChoose }: VersionDetailProps) {
  const reads = useReads();
  const [chosenTab, setTab] = useState<Tab>('changes');
  const shown = chosen.shown ?? latest;
  const load = useCallback(
    () => findVersions(reads, id, shown, chosen.against),
    [reads, id, shown, chosen.against],
  );
  const { value, error, reload } = useResource(load);
  const decoded = value?.after.decoded ?? null;
  const tabs = TABS.filter(({ id: each }) => each !== 'fields' || decoded !== null);
  const tab = tabs.some(({ id: each }) => each === chosenTab) ? chosenTab : 'json';
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const step = event.key === 'ArrowRight' ? 1 : tabs.length - 1;
    const next = tabs[(tabs.findIndex(({ id: each }) => each === tab) + step) % tabs.length]?.id ?? tab;
    setTab(next);
    document.getElementById(`version-${next}`)?.focus();
  };
  return (
    <section className={classes.detail} data-tab={tab} aria-label={`Version ${shown}`}>
      <VersionWhy id={id} version={shown} onShow={(version) => onChoose({ ...chosen, shown: version })} />
      <VersionDeliveries id={id} version={shown} />
      <div className={classes.tabs}>
        <div role="tablist" aria-label="About the version" className={classes.tabList} onKeyDown={onKeyDown}>
          {tabs.map((each) => (
            <button
              key={each.id}
              id={`version-${each.id}`}
              type="button"
              role="tab"
              className={classes.tab}
              aria-selected={tab === each.id}
              aria-controls="version-panel"
              tabIndex={tab === each.id ? 0 : -1}
              onClick={() => setTab(each.id)}
            >
              {each.label}
            </button>
          ))}
        </div>
        <span className={classes.which}>
          {tab !== 'changes' || value === null || value.before === null ? (
            <>
              version <Version value={shown} />
              {tab === 'changes' && value?.after.outcome === 'indexed' && '(the first)'}
            </>
          ) : (
            <>
              <Version value={value.before.version} />
              {value.before.outcome === 'stale' && ' (stale)'} → <Version value={shown} />
            </>
          )}
        </span>
        {chosen.against !== null && (
          <button
            type="button"
            className={classes.plain}
            onClick={() => onChoose({ ...chosen, against: null })}
          >
            Compare with the latest before it
          </button>
        )}
      </div>
      <div className={classes.panel} role="tabpanel" id="version-panel" aria-labelledby={`version-${tab}`}>
        {value !== null && (
          <p className={classes.origin}>
            Run {groupDigits(value.after.runId)}, record {groupDigits(value.after.record)}, callback after{' '}
            {formatSpan(value.after.callbackTimeMs)} <AsOfSlot slot={slotOf(shown)} />
          </p>
        )}
        {value === null && error !== null ? (
          <Failed error={error} onRetry={reload} />
        ) : value === null ? (
          <Loading what="the version" />
        ) : tab === 'fields' && decoded !== null ? (
          <AccountFields id={id} version={shown} decoded={decoded} />
        ) : tab === 'json' ? (
          <JsonView text={value.after.data} />
        ) : (
          <Changes before={value.before} after={value.after} />
        )}
      </div>
    </section>
  );
}

/** Shows the whole window as of the end of the version's slot; 0: it has none. */
function AsOfSlot({ slot }: { readonly slot: string }) {
  const { address } = useWindow();
  const at = useRoute((route) => route.at);
  const place = `slot:${slot}`;
  if (slot === '0' || at?.split(',')[0] === place) return null;
  return (
    <button
      type="button"
      className={classes.plain}
      data-tip="All accounts as they were at the end of this slot, as known at the moment shown"
      onClick={() => address.go({ at: withPlace(at, place) })}
    >
      Show as of slot {groupDigits(slot)}
    </button>
  );
}

function Changes({ before, after }: { readonly before: VersionRow | null; readonly after: VersionRow }) {
  const changes = useMemo(() => (before === null ? null : diffVersions(before, after)), [before, after]);
  if (changes === null) return <p className={classes.note}>No earlier version was the latest.</p>;
  if (changes.length === 0) return <p className={classes.note}>Nothing differs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it can be reached by the keyboard.
    <ul className={classes.changes} tabIndex={0} aria-label="Changed fields">
      {changes.map((change) => (
        <ChangeLine key={`${change.path} ${change.kind}`} change={change} />
      ))}
    </ul>
  );
}

const SIGNS = { added: '+', removed: '\u2212', changed: '~' } as const;

function ChangeLine({ change }: { readonly change: FieldChange }) {
  return (
    <li className={classes.change} data-kind={change.kind}>
      <span className={classes.sign} aria-hidden="true">
        {SIGNS[change.kind]}
      </span>
      <span className={classes.path}>
        <bdi>{toPrintable(change.path)}</bdi>
        <span className="visually-hidden"> {change.kind}</span>
        {change.change !== null && <span className={classes.by}>{formatChange(change.change)}</span>}
      </span>
      <span className={classes.values}>
        {change.before !== null && <del className={classes.before}>{toPrintableJson(change.before)}</del>}
        {change.after !== null && (
          <span className={classes.became}>
            {change.kind === 'changed' && (
              <span className={classes.arrow} aria-hidden="true">
                →
              </span>
            )}
            <ins className={classes.after}>{toPrintableJson(change.after)}</ins>
          </span>
        )}
      </span>
    </li>
  );
}
