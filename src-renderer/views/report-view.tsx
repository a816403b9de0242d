import { IconCopy, IconDownload, IconTrophy } from '@tabler/icons-react';
import { useCallback, useMemo } from 'react';
import type { Leader } from '../../src-shared/update';
import type { Report } from '../../src-shared/views';
import { useLive, useRoute, useSession, useWindow } from '../bindings/session-context';
import { useInspect } from '../bindings/use-inspect';
import { useListRows } from '../bindings/use-list-rows';
import { useResource } from '../bindings/use-resource';
import { ActionButton } from '../components/action-button';
import { DataGrid, gridColumns } from '../components/data-grid';
import { Flash } from '../components/flash';
import { saveFile } from '../components/save-file';
import { Empty, Failed, Loading } from '../components/states';
import { AccountId, Digits, TimeOfDay } from '../components/values';
import { ViewFrame } from '../components/view-frame';
import { countOf } from '../format/integers';
import { groupLeaders, reportCsv, reportJson, reportPlain } from '../format/report-text';
import { isActive } from '../stores/progress';
import classes from './report-view.module.css';

/** One line of the report: a leader, and how many it shares its place with. */
interface Line {
  readonly leader: Leader;
  readonly first: boolean;
  readonly ties: number;
}

const column = gridColumns<Line>();
const columns = [
  column.display({
    id: 'type',
    header: 'Type',
    size: 180,
    meta: { grow: 1 },
    cell: ({ row }) =>
      row.original.first ? <strong className={classes.type}>{row.original.leader.accountType}</strong> : null,
  }),
  column.display({
    id: 'account',
    header: 'Account with the most tokens',
    size: 420,
    meta: { grow: 2 },
    cell: ({ row }) => (
      <>
        <AccountId id={row.original.leader.id} whole />
        {row.original.ties > 1 && <span className={classes.tie}>tie of {row.original.ties}</span>}
      </>
    ),
  }),
  column.display({
    id: 'tokens',
    header: 'Tokens',
    size: 220,
    meta: { align: 'end', grow: 1 },
    cell: ({ row }) => (
      <Flash value={row.original.leader.tokens}>
        <Digits value={row.original.leader.tokens} />
      </Flash>
    ),
  }),
  column.display({
    id: 'version',
    header: 'Version',
    size: 140,
    meta: { align: 'end' },
    cell: ({ row }) => <Digits value={row.original.leader.version} />,
  }),
];

/** The leaders by type, out of the latest states. */
export function ReportView() {
  const { client } = useSession();
  const load = useCallback(() => client.call('report.get', {}), [client]);
  const { value: report, error, reload } = useResource(load);
  return (
    <ViewFrame
      title="Report"
      count={report === null ? undefined : <Count report={report} />}
      controls={report && <Take report={report} />}
    >
      {report === null ? (
        error === null ? (
          <Loading what="the report" />
        ) : (
          <Failed error={error} onRetry={reload} />
        )
      ) : report.leaders.length === 0 ? (
        <NoReport />
      ) : (
        <Leaders report={report} />
      )}
    </ViewFrame>
  );
}

function Count({ report }: { readonly report: Report }) {
  const underWay = useLive((state) => state.status !== null && isActive(state.status.state));
  return (
    <>
      out of {countOf(report.accounts, 'account')}
      {underWay && (
        <span className={classes.soFar}>
          so far, at <TimeOfDay timeMs={report.madeAtMs} />
        </span>
      )}
    </>
  );
}

function NoReport() {
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

function Leaders({ report }: { readonly report: Report }) {
  const inspect = useRoute((route) => route.inspect);
  const lines = useMemo<readonly Line[]>(
    () =>
      groupLeaders(report.leaders).flatMap(({ leaders }) =>
        leaders.map((leader, at) => ({ leader, first: at === 0, ties: leaders.length })),
      ),
    [report],
  );
  const rows = useListRows(lines);
  const open = useInspect();
  const actions = useMemo(() => ({ open: (line: Line) => open(line.leader) }), [open]);
  return (
    <DataGrid
      label="Report"
      columns={columns}
      rows={rows}
      rowKey={lineKey}
      idOf={lineId}
      selectedKey={inspect}
      actions={actions}
    />
  );
}

const lineKey = ({ leader }: Line) => `${leader.accountType} ${leader.id}`;
const lineId = ({ leader }: Line) => leader.id;

function Take({ report: { leaders } }: { readonly report: Report }) {
  const { messages, fail } = useSession();
  const copy = () => {
    navigator.clipboard
      .writeText(reportPlain(leaders))
      .then(() => messages.emit({ level: 'success', text: 'Copied the report.' }), fail);
  };
  const none = leaders.length === 0;
  return (
    <>
      <ActionButton icon={IconCopy} disabled={none} onClick={copy}>
        Copy
      </ActionButton>
      <ActionButton
        icon={IconDownload}
        disabled={none}
        onClick={() => saveFile('ingot-report.csv', 'text/csv', [reportCsv(leaders)])}
      >
        CSV
      </ActionButton>
      <ActionButton
        icon={IconDownload}
        disabled={none}
        onClick={() => saveFile('ingot-report.json', 'application/json', [reportJson(leaders)])}
      >
        JSON
      </ActionButton>
    </>
  );
}
