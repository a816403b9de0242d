import { IconArrowLeft, IconTrophy } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import { toPrintable } from '../../src-shared/printable';
import type { TiedLeader, WindowRequest } from '../../src-shared/views';
import { useInspect } from '../bindings/use-inspect';
import { useWindowRows } from '../bindings/use-window-rows';
import { useReads, useRoute, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { gridColumns } from '../components/grid-model';
import { RowCount, RowsBody } from '../components/rows-body';
import { Empty } from '../components/states';
import { AccountId, Digits, Version } from '../components/values';
import { ViewFrame } from '../components/view-frame';
import classes from './report-view.module.css';

type Row = TiedLeader & { readonly cursor: string };
const column = gridColumns<Row>();
const columns = [
  column('account', 'Account', 180, (row) => <AccountId id={row.id} />, { grow: 2 }),
  column('tokens', 'Tokens', 120, (row) => <Digits value={row.tokens} />, { align: 'end', grow: 1 }),
  column('version', 'Version', 96, (row) => <Version value={row.version} />, { align: 'end' }),
];

export function TypeLeadersView({ accountType }: { readonly accountType: string }) {
  const reads = useReads();
  const { address } = useWindow();
  const inspect = useRoute((route) => route.inspect);
  const open = useInspect();
  const fetchRows = useCallback(
    (window: WindowRequest) => reads.call('report.leaders', { accountType, window }),
    [reads, accountType],
  );
  const { rows, state, retry } = useWindowRows<TiedLeader>(fetchRows);
  const actions = useMemo(() => ({ open }), [open]);
  return (
    <ViewFrame
      title="Report"
      count={
        <>
          <strong className={classes.type}>
            <bdi>{toPrintable(accountType)}</bdi>
          </strong>
          : <RowCount state={state} one="leader" />
        </>
      }
      exported={{ table: 'leaders', accountType }}
      controls={
        <ActionButton icon={IconArrowLeft} onClick={() => address.go({ detail: null })}>
          All types
        </ActionButton>
      }
    >
      <RowsBody state={state} retry={retry} what="leaders" empty={<NoReport />}>
        <DataGrid
          label="Leaders of one type"
          columns={columns}
          rows={rows}
          rowKey={idOf}
          idOf={idOf}
          selectedKey={inspect}
          actions={actions}
        />
      </RowsBody>
    </ViewFrame>
  );
}

const idOf = ({ id }: TiedLeader) => id;

export function NoReport() {
  const { address } = useWindow();
  return (
    <Empty
      icon={IconTrophy}
      title="No report yet"
      action={
        <ActionButton onClick={() => address.go({ view: 'live', detail: null })}>Go to Live</ActionButton>
      }
    >
      The account with the most tokens of each type appears here as soon as one is indexed.
    </Empty>
  );
}
