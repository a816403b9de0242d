import { IconFileText, IconFilterOff } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { countOf, groupDigits } from '../../../src-shared/amounts';
import type { EntryLevel, LogLevel } from '../../../src-shared/logs';
import { useResource } from '../../bindings/use-resource';
import { useStored } from '../../bindings/use-stored';
import { useModel, useRoute } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { FilterMenu } from '../../components/filter-menu';
import { SearchField } from '../../components/search-field';
import { Empty, Failed, Loading } from '../../components/states';
import { ViewFrame } from '../../components/view-frame';

import { createLogTail, type LogTail, TAIL_ENTRIES } from '../../stores/log-tail';
import {
  componentsOf,
  ENTRY_LEVELS,
  filterEntries,
  isFilteringLogs,
  NO_LOGS_FILTER,
} from '../../stores/logs-filter';
import { EntryDetail } from './entry-detail';
import { LevelSelect } from './level-select';
import { LogsBar } from './logs-bar';
import { LogsGrid } from './logs-grid';
import classes from './logs-view.module.css';

type StoredFilter = { level: EntryLevel; components: string[]; text: string };
const NO_FILTER: StoredFilter = { ...NO_LOGS_FILTER, components: [] };

export function LogsView() {
  const { client, clock, fail } = useModel();
  const [tailStore] = useState(() => createLogTail(client, clock));
  useEffect(() => tailStore.attach(), [tailStore]);
  const tail = useStore(tailStore.store);
  const loadInfo = useCallback(() => client.call('logs.info', {}), [client]);
  const { value: info } = useResource(loadInfo, ['everything']);
  const [stored, setFilter] = useStored('logs.filter', NO_FILTER);
  const filter = useMemo(() => knownFilter(stored), [stored]);
  const chosen = useRoute((route) => route.detail);
  const entry = tail.entries.find(({ seq }) => String(seq) === chosen);
  const search = useRef<HTMLInputElement>(null);
  const focusFilter = useCallback(() => search.current?.focus(), []);
  const components = useMemo(() => componentsOf(tail.entries), [tail.entries]);

  const setLevel = (level: LogLevel) => {
    client.call('logs.setLevel', { level }).then(tailStore.look, fail);
  };
  return (
    <ViewFrame
      title="Logs"
      count={<EntryCount tail={tail} />}
      controls={
        <>
          <LevelSelect
            label="Show from"
            tip="Entries of this level and above"
            value={filter.level}
            levels={ENTRY_LEVELS}
            onChange={(level) => setFilter({ ...filter, level })}
          />
          <FilterMenu
            label="Component"
            choices={[...new Set([...components, ...filter.components])].map((component) => ({
              value: component,
              label: component,
            }))}
            chosen={filter.components}
            onChoose={(next) => setFilter({ ...filter, components: [...next] })}
          />
          <SearchField
            ref={search}
            label="Part of an entry"
            value={filter.text}
            onChange={(text) => setFilter({ ...filter, text })}
          />
        </>
      }
    >
      <LogsBar info={info} level={tail.level} onLevel={setLevel} />
      <div className={classes.split} data-open={entry !== undefined || undefined}>
        <Entries
          tail={tail}
          filter={filter}
          focusFilter={focusFilter}
          onRetry={tailStore.look}
          onClear={() => setFilter(NO_FILTER)}
        />
        {entry && <EntryDetail key={entry.seq} entry={entry} />}
      </div>
    </ViewFrame>
  );
}

/** The stored filter may come from another version. */
function knownFilter(stored: StoredFilter): StoredFilter {
  const level = ENTRY_LEVELS.find((one) => one === stored.level) ?? NO_FILTER.level;
  return { ...NO_FILTER, ...stored, level };
}

function EntryCount({ tail }: { readonly tail: LogTail }) {
  const { entries, loaded, behind } = tail;
  if (!loaded) return null;
  if (entries.length < TAIL_ENTRIES || behind) return countOf(entries.length, 'entry', 'entries');
  return <span data-tip="What is older is in the log files">latest {groupDigits(TAIL_ENTRIES)} entries</span>;
}

interface EntriesProps {
  readonly tail: LogTail;
  readonly filter: StoredFilter;
  readonly focusFilter: () => void;
  readonly onRetry: () => void;
  readonly onClear: () => void;
}

function Entries({ tail, filter, focusFilter, onRetry, onClear }: EntriesProps) {
  const none = useMemo(() => filterEntries(tail.entries, filter).length === 0, [tail.entries, filter]);
  if (tail.error !== null) return <Failed error={tail.error} onRetry={onRetry} />;
  if (!tail.loaded) return <Loading what="the log" />;
  if (!none) return <LogsGrid tail={tail} filter={filter} focusFilter={focusFilter} />;
  return isFilteringLogs(filter) && tail.entries.length > 0 ? (
    <Empty
      icon={IconFilterOff}
      title="No entry matches"
      action={<ActionButton onClick={onClear}>Clear the filter</ActionButton>}
    />
  ) : (
    <Empty icon={IconFileText} title="Nothing is logged yet">
      {tail.level === 'silent'
        ? 'Nothing will be, while the log is silent. Choose a level above.'
        : `Entries of level ${tail.level} and above come here as they are written.`}
    </Empty>
  );
}
