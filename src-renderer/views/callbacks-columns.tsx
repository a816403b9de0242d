import { IconBolt, IconX } from '@tabler/icons-react';
import type { CallbackState } from '../../src-shared/update';
import type { HistoryRow } from '../../src-shared/views';
import { gridColumns } from '../components/grid-model';
import { DueIn, MomentPoint } from '../components/moments';
import { Settled } from '../components/settled';
import { AccountId, DataText, Digits, Nothing, Version } from '../components/values';
import { formatSpan } from '../format/times';
import classes from './callbacks-view.module.css';

type Row = HistoryRow & { readonly cursor: string };
const column = gridColumns<Row>();

export interface CallbackActions {
  readonly fire: (row: HistoryRow) => void;
  readonly cancel: (row: HistoryRow) => void;
}

const account = column.display({
  id: 'id',
  header: 'Account',
  size: 120,
  meta: { grow: 0.5 },
  cell: ({ row }) => <AccountId id={row.original.id} />,
});
const type = column.display({
  id: 'accountType',
  header: 'Type',
  size: 96,
  meta: { grow: 0.5 },
  cell: ({ row }) => <DataText text={row.original.accountType} />,
});
const version = column.display({
  id: 'version',
  header: 'Version',
  size: 80,
  meta: { align: 'end', grow: 0.9 },
  cell: ({ row }) => <Version value={row.original.version} />,
});
const tokens = column.display({
  id: 'tokens',
  header: 'Tokens',
  size: 90,
  meta: { align: 'end', grow: 0.9 },
  cell: ({ row }) => <Digits value={row.original.tokens} />,
});
const delay = column.display({
  id: 'delay',
  header: 'Delay',
  size: 92,
  meta: { align: 'end' },
  cell: ({ row }) => formatSpan(row.original.callbackTimeMs),
});
const due = column.display({
  id: 'due',
  header: 'Due',
  size: 108,
  meta: { align: 'end' },
  cell: ({ row }) =>
    row.original.callbackDue === null ? <Nothing /> : <MomentPoint moment={row.original.callbackDue} />,
});

const how = column.display({
  id: 'how',
  header: 'How',
  size: 104,
  meta: { grow: 0.6 },
  cell: ({ row }) => <Settled row={row.original} />,
});

/** `actions` is null where callbacks cannot be settled by hand. */
export function callbackColumns(state: CallbackState, actions: CallbackActions | null) {
  if (state === 'pending') {
    return [
      column.display({
        id: 'dueIn',
        header: 'Due in',
        size: 80,
        meta: { align: 'end' },
        cell: ({ row }) => row.original.callbackDue && <DueIn due={row.original.callbackDue} />,
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
            column.display({
              id: 'actions',
              header: 'Actions',
              size: 176,
              enableResizing: false,
              cell: ({ row }) => <RowActions row={row.original} actions={actions} />,
            }),
          ]),
    ];
  }
  const settled = column.display({
    id: 'settled',
    header: state === 'fired' ? 'Fired' : 'Cancelled',
    size: 108,
    meta: { align: 'end' },
    cell: ({ row }) =>
      row.original.callbackSettled === null ? (
        <Nothing />
      ) : (
        <MomentPoint moment={row.original.callbackSettled} />
      ),
  });
  if (state === 'fired') {
    return [settled, account, type, version, tokens, delay, how];
  }
  return [settled, account, type, version, how, tokens, due, delay];
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
