import { IconBolt, IconX } from '@tabler/icons-react';
import { Fragment } from 'react';
import { formatSpan } from '../../src-shared/amounts';
import { CALLBACK_DELIVERY_STATES, type DeliveryMark } from '../../src-shared/deliveries';
import type { CallbackState } from '../../src-shared/update';
import type { HistoryRow } from '../../src-shared/views';
import { useTicking } from '../bindings/use-ticking';
import { gridColumns } from '../components/grid-model';
import { DueIn, MomentPoint } from '../components/moments';
import { Settled } from '../components/settled';
import { AccountId, DataText, Digits, Nothing, Version } from '../components/values';
import { formatRelative } from '../format/times';
import classes from './callbacks-view.module.css';
import { Retracted } from './history-columns';

type Row = HistoryRow & { readonly cursor: string };
const column = gridColumns<Row>();

export interface CallbackActions {
  readonly fire: (row: HistoryRow) => void;
  readonly cancel: (row: HistoryRow) => void;
}

const account = column('id', 'Account', 120, (row) => <AccountId id={row.id} />, { grow: 1 });
const type = column('accountType', 'Type', 96, (row) => <DataText text={row.accountType} />);
const version = column(
  'version',
  'Version',
  80,
  (row) => (
    <>
      {row.retracted !== null && <Retracted since={row.retracted} short />} <Version value={row.version} />
    </>
  ),
  { align: 'end' },
);
const tokens = column('tokens', 'Tokens', 90, (row) => <Digits value={row.tokens} />, {
  align: 'end',
});
const delay = column('delay', 'Delay', 92, (row) => formatSpan(row.callbackTimeMs), { align: 'end' });
const due = column(
  'due',
  'Due',
  108,
  (row) => (row.callbackDue === null ? <Nothing /> : <MomentPoint moment={row.callbackDue} />),
  { align: 'end' },
);

const how = column('how', 'How', 104, (row) => <Settled row={row} />);

const delivery = column('delivery', 'Delivery', 150, ({ deliveries }) =>
  deliveries ? <Deliveries marks={deliveries} /> : <Nothing />,
);

/** @param actions null where callbacks cannot be settled by hand. */
export function callbackColumns(
  state: CallbackState,
  actions: CallbackActions | null,
  hasDeliveries: boolean,
) {
  if (state === 'pending') {
    return [
      column('dueIn', 'Due in', 80, (row) => row.callbackDue && <DueIn due={row.callbackDue} />, {
        align: 'end',
        sortBy: 'time',
      }),
      due,
      account,
      type,
      version,
      tokens,
      delay,
      ...(actions === null
        ? []
        : [
            column('actions', 'Actions', 176, (row) => <RowActions row={row} actions={actions} />, {
              enableResizing: false,
            }),
          ]),
    ];
  }
  const settled = column(
    'settled',
    state === 'fired' ? 'Fired' : 'Cancelled',
    108,
    (row) => (row.callbackSettled === null ? <Nothing /> : <MomentPoint moment={row.callbackSettled} />),
    { align: 'end', sortBy: 'time' },
  );
  if (state === 'fired') {
    return [settled, account, type, version, tokens, delay, how, ...(hasDeliveries ? [delivery] : [])];
  }
  return [settled, account, type, version, how, tokens, due, delay];
}

/** Each target with its word, what needs a look first; one word where it is the same for all. */
function Deliveries({ marks }: { readonly marks: readonly DeliveryMark[] }) {
  const sorted = marks.toSorted(
    (a, b) => CALLBACK_DELIVERY_STATES.indexOf(a.state) - CALLBACK_DELIVERY_STATES.indexOf(b.state),
  );
  const [first] = sorted;
  const isOne = sorted.every(
    ({ state }) => state === first?.state && (state !== 'waiting' || sorted.length === 1),
  );
  return (
    <span className={classes.deliveries} data-cut="text">
      {(isOne ? sorted.slice(0, 1) : sorted).map((mark, at) => (
        <Fragment key={mark.target}>
          {at > 0 && ', '}
          {!isOne && `${mark.target}: `}
          <DeliveryWord mark={mark} />
        </Fragment>
      ))}
    </span>
  );
}

function DeliveryWord({ mark: { state, nextAttemptMs } }: { readonly mark: DeliveryMark }) {
  const word = useTicking((nowMs) =>
    nextAttemptMs === null ? state : `waiting, next ${formatRelative(nextAttemptMs, nowMs)}`,
  );
  return (
    <span className={classes.delivery} data-state={state}>
      {word}
    </span>
  );
}

/** The focused button disappears with its row, so move the focus to the table first. */
function focusTable(button: Element): void {
  button.closest<HTMLElement>('[role="grid"]')?.focus({ preventScroll: true });
}

function RowActions({ row, actions }: { readonly row: HistoryRow; readonly actions: CallbackActions }) {
  return (
    <span className={classes.actions}>
      <button
        type="button"
        className={classes.action}
        tabIndex={-1}
        onClick={(event) => {
          event.stopPropagation();
          focusTable(event.currentTarget);
          actions.fire(row);
        }}
      >
        <IconBolt size={13} stroke={1.75} aria-hidden="true" /> Fire now
      </button>
      <button
        type="button"
        className={classes.action}
        tabIndex={-1}
        onClick={(event) => {
          event.stopPropagation();
          focusTable(event.currentTarget);
          actions.cancel(row);
        }}
      >
        <IconX size={13} stroke={1.75} aria-hidden="true" /> Cancel
      </button>
    </span>
  );
}
