import { IconArrowsDiff, IconArrowsExchange, IconEqual } from '@tabler/icons-react';
import { type FormEvent, useCallback, useMemo, useState } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import { lasting } from '../../src-shared/chain-place';
import {
  type CallbackFate,
  type ComparedAccount,
  type ComparedAccountsQuery,
  type ComparedCallback,
  type Comparison,
  foundIn,
} from '../../src-shared/compare';
import { LONGEST_INSTANT } from '../../src-shared/instant';
import type { WindowRequest } from '../../src-shared/views';
import { useResource } from '../bindings/use-resource';
import { useStored } from '../bindings/use-stored';
import { useWindowRows } from '../bindings/use-window-rows';
import { useInstant, useModel, useRoute, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { ChoiceBar } from '../components/field';
import { RowsBody } from '../components/rows-body';
import { Empty, Failed, Loading } from '../components/states';
import { ViewFrame } from '../components/view-frame';
import { formatSides, parseSides } from '../stores/compared';
import { accountColumns, callbackColumns } from './compare-columns';
import { ComparedCounts, ComparedLeaders, type FateChange, Fates } from './compare-summary';
import classes from './compare-view.module.css';

type Sides = ReturnType<typeof parseSides>;
type Compared = Omit<ComparedAccountsQuery, 'window'>;
type Shown = 'accounts' | 'callbacks';

/** Two instants side by side. The address has both. */
export function CompareView() {
  const { client } = useModel();
  const detail = useRoute((route) => route.detail);
  const sides = useMemo(() => parseSides(detail), [detail]);
  const [shown, setShown] = useStored<Shown>('compare.shown', 'accounts');
  const [fate, setFate] = useState<FateChange | null>(null);
  const load = useCallback(
    async () => ({ sides, summary: await client.call('compare.summary', sides) }),
    [client, sides],
  );
  // While a run is going, what is shown stays as of one instant until a person compares again.
  const { value, error, reload } = useResource(load, ['everything'], 'keep');
  const compared = useMemo(() => value && lastingQuery(value), [value]);
  const filter = useMemo(() => (fate === null ? {} : { fateFrom: [fate.from], fateTo: [fate.to] }), [fate]);
  return (
    <ViewFrame
      title="Compare"
      controls={<SidesForm key={detail} sides={sides} again={reload} />}
      hasTimes
      exported={
        shown === 'accounts'
          ? { table: 'compare-accounts', ...(compared ?? sides) }
          : { table: 'compare-callbacks', ...(compared ?? sides), ...filter }
      }
    >
      {value === null || compared === null ? (
        error === null ? (
          <Loading what="the comparison" />
        ) : error.code === 'not_found' ? (
          <Empty icon={IconArrowsDiff} title={error.message}>
            Two instants of a run, or two runs, are shown here side by side: what differs, and which callbacks
            fired or were cancelled in between.
          </Empty>
        ) : (
          <Failed error={error} onRetry={reload} />
        )
      ) : (
        <div className={classes.body}>
          <div className={classes.summary}>
            <ComparedCounts {...value} />
            <Fates
              summary={value.summary}
              chosen={shown === 'callbacks' ? fate : null}
              onChoose={(chosen) => {
                setFate(chosen);
                setShown('callbacks');
              }}
            />
            <ComparedLeaders summary={value.summary} />
          </div>
          <div className={classes.tabs}>
            <ChoiceBar<Shown>
              label="What differs"
              value={shown}
              choices={[
                { value: 'accounts', label: `Accounts ${groupDigits(value.summary.accounts)}` },
                { value: 'callbacks', label: `Callbacks ${groupDigits(callbacksOf(value.summary))}` },
              ]}
              onChange={(next) => {
                setShown(next);
                setFate(null);
              }}
            />
          </div>
          {shown === 'accounts' ? (
            <Accounts compared={compared} />
          ) : (
            <Callbacks compared={compared} filter={filter} />
          )}
        </div>
      )}
    </ViewFrame>
  );
}

/** The same comparison whenever it is asked for, also as a command. */
function lastingQuery({ sides, summary }: { readonly sides: Sides; readonly summary: Comparison }): Compared {
  const side = (which: keyof Sides) =>
    // The instant of another space is left as it is written.
    sides[which].includes('/') ? sides[which] : lasting(sides[which], summary[which].instant);
  return { from: side('from'), to: side('to'), found: foundIn(summary) };
}

const callbacksOf = ({ callbacks }: Comparison) => callbacks.reduce((sum, { count }) => sum + count, 0);

function SidesForm({ sides, again }: { readonly sides: Sides; readonly again: () => void }) {
  const { address } = useWindow();
  const instant = useInstant(({ text }) => text);
  const [typed, setTyped] = useState(sides);
  const show = ({ from, to }: Sides) => address.go({ detail: formatSides(from, to) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (formatSides(typed.from, typed.to) === formatSides(sides.from, sides.to)) again();
    else show(typed);
  };
  const field = (side: keyof Sides, label: string) => (
    <label className={classes.side}>
      {label}
      <input
        className={classes.input}
        value={typed[side]}
        spellCheck={false}
        autoComplete="off"
        maxLength={LONGEST_INSTANT + 50}
        list="instants"
        data-tip="RUN:N, RUN@12.5s, a date and time, slot:N, after: or before: a signature, a whole RUN, or now. RUN is a number or last. SPACE/ before it names a space"
        onChange={(event) => setTyped({ ...typed, [side]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <form className={classes.form} onSubmit={submit}>
      {field('from', 'From')}
      <ActionButton
        icon={IconArrowsExchange}
        tone="quiet"
        aria-label="Exchange the sides"
        data-tip="Exchange the sides"
        onClick={() => show({ from: typed.to, to: typed.from })}
      />
      {field('to', 'To')}
      <datalist id="instants">
        {['now', 'last:0', 'last', ...(instant === null ? [] : [instant])].map((text) => (
          <option key={text} value={text} />
        ))}
      </datalist>
      <ActionButton type="submit">Compare</ActionButton>
    </form>
  );
}

function Accounts({ compared }: { readonly compared: Compared }) {
  const { client } = useModel();
  const fetchRows = useCallback(
    (window: WindowRequest) => client.call('compare.accounts', { ...compared, window }),
    [client, compared],
  );
  const { rows, state, retry } = useWindowRows<ComparedAccount>(fetchRows);
  const inspect = useRoute((route) => route.inspect);
  const open = useInspectBoth();
  const actions = useMemo(
    () => ({
      open: ({ id, from, to }: ComparedAccount) => open(id, to?.version, to && from ? from.version : null),
    }),
    [open],
  );
  return (
    <RowsBody state={state} retry={retry} what="accounts that differ" empty={<Same what="account" />}>
      <DataGrid
        label="Accounts that differ"
        columns={accountColumns}
        rows={rows}
        rowKey={idOf}
        idOf={idOf}
        selectedKey={inspect}
        actions={actions}
      />
    </RowsBody>
  );
}

interface CallbacksProps {
  readonly compared: Compared;
  readonly filter: { readonly fateFrom?: CallbackFate[]; readonly fateTo?: CallbackFate[] };
}

function Callbacks({ compared, filter }: CallbacksProps) {
  const { client } = useModel();
  const fetchRows = useCallback(
    (window: WindowRequest) => client.call('compare.callbacks', { ...compared, ...filter, window }),
    [client, compared, filter],
  );
  const { rows, state, retry } = useWindowRows<ComparedCallback>(fetchRows);
  const inspect = useRoute((route) => route.inspect);
  const open = useInspectBoth();
  const actions = useMemo(
    () => ({ open: ({ id, version }: ComparedCallback) => open(id, version, null) }),
    [open],
  );
  return (
    <RowsBody state={state} retry={retry} what="callbacks that differ" empty={<Same what="callback" />}>
      <DataGrid
        label="Callbacks that differ"
        columns={callbackColumns}
        rows={rows}
        rowKey={callbackKey}
        idOf={idOf}
        selectedKey={inspect}
        actions={actions}
      />
    </RowsBody>
  );
}

const idOf = (row: { readonly id: string }) => row.id;
const callbackKey = ({ id, version }: ComparedCallback) => `${id} ${version}`;

/** Opens the inspector on a version, beside the one of the other side. */
function useInspectBoth() {
  const { address } = useWindow();
  return useCallback(
    (inspect: string, shown: string | undefined, against: string | null) => {
      const how = address.store.getState().inspect === null ? 'push' : 'replace';
      // The inspector would know nothing later than the moment shown.
      address.go({ inspect, shown: shown ?? null, against, at: null }, how);
    },
    [address],
  );
}

function Same({ what }: { readonly what: 'account' | 'callback' }) {
  return <Empty icon={IconEqual} title={`No ${what} differs`} />;
}
