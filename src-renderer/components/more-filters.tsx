import { type FormEvent, useId, useState } from 'react';
import { parseRunTime } from '../../src-shared/instant';
import { formatRunTime } from '../../src-shared/run-clock';
import { formatDuring, parseDataTest, parseDuring } from '../../src-shared/table-filters';
import type { FilteredTable, TableFilter } from '../bindings/use-table-filter';
import { useReads } from '../bindings/window-context';
import { ChoiceBar } from './field';
import { FilterPopover } from './filter-menu';
import { Bound, KINDS, type TextKind } from './range-filter';
import classes from './range-filter.module.css';

const RUN_TIME: TextKind = {
  parse: (typed) => {
    const at = parseRunTime(typed.trim());
    return at === null ? null : String(at);
  },
  format: (ms) => formatRunTime(Number(ms)),
  what: 'A time on the clock of the run, such as 12.5s or 00:12.500',
};

/** Accounts whose JSON is looked at for the paths to offer: those updated last. */
const SAMPLED = 12;

const CHANGES = [
  { value: 'any', label: 'Any' },
  { value: 'fell', label: 'Fell' },
  { value: 'rose', label: 'Rose' },
] as const;

const RETRACTED = [
  { value: 'any', label: 'Any' },
  { value: 'yes', label: 'Retracted' },
  { value: 'no', label: 'Not' },
] as const;

interface MoreFiltersProps extends Pick<TableFilter, 'filter' | 'change'> {
  readonly table: FilteredTable;
}

/** Filters that few need: by change of tokens, dead slots, lateness, run and its clock, JSON. */
export function MoreFilters({ table, filter, change }: MoreFiltersProps) {
  const { changeFrom, changeTo, lateFrom, runId = '', data = [] } = filter;
  const fell = changeTo?.startsWith('-') === true;
  const rose = changeFrom !== undefined && changeFrom !== '0' && !changeFrom.startsWith('-');
  const least = (fell ? changeTo.slice(1) : rose ? changeFrom : '').replace(/^1$/, '');
  const setChange = (way: (typeof CHANGES)[number]['value'], by: string) =>
    change({
      changeTo: way === 'fell' ? `-${by === '' || by === '0' ? '1' : by}` : undefined,
      changeFrom: way === 'rose' ? (by === '' || by === '0' ? '1' : by) : undefined,
    });
  const { during, retracted } = filter;
  const isOn = [changeFrom, changeTo, retracted, lateFrom, filter.runId, during, data[0]].filter(
    (value) => value !== undefined,
  ).length;
  return (
    <FilterPopover label="More" summary={isOn === 0 ? null : String(isOn)}>
      <div className={classes.fields}>
        {table === 'updates' && (
          <>
            <p className={classes.title} aria-hidden="true">
              Change of tokens
            </p>
            <ChoiceBar
              label="Change of tokens"
              value={fell ? 'fell' : rose ? 'rose' : 'any'}
              choices={CHANGES}
              onChange={(way) => setChange(way, least)}
            />
            {(fell || rose) && (
              <Bound
                label="By at least"
                kind={KINDS.integer}
                value={least}
                onChange={(by) => setChange(fell ? 'fell' : 'rose', by)}
              />
            )}
            <p className={classes.title} aria-hidden="true">
              Of a dead slot
            </p>
            <ChoiceBar
              label="Of a dead slot"
              value={retracted ?? 'any'}
              choices={RETRACTED}
              onChange={(which) => change({ retracted: which === 'any' ? undefined : which })}
            />
          </>
        )}
        {table !== 'accounts' && (
          <Bound
            label="Fired late by at least, ms"
            kind={KINDS.integer}
            value={lateFrom ?? ''}
            onChange={(late) => change({ lateFrom: late })}
          />
        )}
        <Bound
          label="Run"
          kind={KINDS.integer}
          value={runId}
          onChange={(run) => change({ runId: run === '0' ? '' : run })}
        />
        <RunTimes filter={filter} change={change} />
        <DataField data={data} change={change} />
      </div>
    </FilterPopover>
  );
}

/** A stretch of the clock of the run above, or of the one that it has. */
function RunTimes({ filter, change }: Pick<MoreFiltersProps, 'filter' | 'change'>) {
  const during = filter.during === undefined ? null : parseDuring(filter.during);
  const runId = filter.runId ?? during?.runId;
  const [from, setFrom] = useState(during === null ? '' : String(during.fromMs));
  const [to, setTo] = useState(during === null ? '' : String(during.toMs));
  if (runId === undefined) return <p className={classes.note}>Name a run to filter by its clock.</p>;
  const give = (fromMs: string, toMs: string) => {
    setFrom(fromMs);
    setTo(toMs);
    if (fromMs === '' && toMs === '') change({ during: undefined });
    else if (toMs !== '' && Number(fromMs) <= Number(toMs)) {
      change({ during: formatDuring({ runId, fromMs: Number(fromMs), toMs: Number(toMs) }) });
    }
  };
  return (
    <>
      <Bound label={`Run ${runId} from`} kind={RUN_TIME} value={from} onChange={(ms) => give(ms, to)} />
      <Bound label={`Run ${runId} to`} kind={RUN_TIME} value={to} onChange={(ms) => give(from, ms)} />
    </>
  );
}

function DataField({ data, change }: { readonly data: readonly string[] } & Pick<TableFilter, 'change'>) {
  const id = useId();
  const reads = useReads();
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const [paths, setPaths] = useState<readonly string[]>([]);
  /** What the first accounts have: it only helps to write. */
  const offer = async () => {
    const window = { from: { edge: 'start' }, limit: SAMPLED } as const;
    const sort = { by: 'updatedAt', direction: 'desc' } as const;
    const { rows } = await reads.call('accounts.page', { sort, filter: {}, window });
    const [{ jsonPathsOf }, ...accounts] = await Promise.all([
      import('../stores/json-paths'),
      ...rows.map((row) => reads.call('accounts.get', { id: row.id })),
    ]);
    setPaths(jsonPathsOf(accounts));
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    const test = parseDataTest(typed);
    setWrong(test === null);
    if (test === null) return;
    setTyped('');
    change({ data: [...data.filter((other) => other !== test.text), test.text] });
  };
  return (
    <form className={classes.bound} onSubmit={add}>
      <label htmlFor={id}>In the JSON, then Enter</label>
      <input
        id={id}
        className={classes.text}
        value={typed}
        placeholder="mint.decimals >= 6"
        spellCheck={false}
        autoComplete="off"
        list={`${id}-paths`}
        onFocus={() => void offer().catch(() => setPaths([]))}
        aria-invalid={wrong}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <datalist id={`${id}-paths`}>
        {paths.map((path) => (
          <option key={path} value={`${path} = `} label={path} />
        ))}
      </datalist>
      {wrong && (
        <p id={`${id}-wrong`} className={classes.wrong}>
          Write a path, then =, !=, &gt;=, &lt;=, &gt;, &lt; or ^= (begins with) and a value: owner = "abc"
        </p>
      )}
    </form>
  );
}
