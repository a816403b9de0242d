import { IconCopy, IconDownload } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import { countOf, groupDigits } from '../../src-shared/amounts';
import { formatReport } from '../../src-shared/report-text';
import { isActive } from '../../src-shared/run-actions';
import { type Leader, slotOf, type TypeLeaders } from '../../src-shared/update';
import type { LeadersSince, Report } from '../../src-shared/views';
import { useInspect } from '../bindings/use-inspect';
import { useListRows } from '../bindings/use-list-rows';
import { useResource } from '../bindings/use-resource';
import { useInstant, useLive, useModel, useReads, useRoute, useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { DataGrid } from '../components/data-grid';
import { Flash } from '../components/flash';
import { gridColumns } from '../components/grid-model';
import { MomentPoint } from '../components/moments';
import { saveFile } from '../components/save-file';
import { Failed, Loading } from '../components/states';
import { AccountId, DataText, Digits, PointInTime, Version } from '../components/values';
import { ViewFrame } from '../components/view-frame';
import { reportCsv, reportJson } from '../format/report-text';
import classes from './report-view.module.css';
import { NoReport, TypeLeadersView } from './type-leaders-view';

/** A leader; or, without one, the note that the rest of a tie is not listed. */
interface Line {
  readonly type: TypeLeaders;
  /** Index among its type's leaders; past the last one for the rest. */
  readonly at: number;
  readonly leader: Leader | undefined;
  /** Since when they lead; undefined while it is not known. */
  readonly since: LeadersSince | undefined;
}

const column = gridColumns<Line>();
const columns = [
  column(
    'type',
    'Type',
    120,
    (row) =>
      row.at === 0 ? (
        <strong className={classes.type}>
          <DataText text={row.type.accountType} />
        </strong>
      ) : null,
    { grow: 1 },
  ),
  column(
    'account',
    'Account with the most tokens',
    180,
    (row) => {
      const { type, at, leader } = row;
      if (!leader) return <Rest type={type} />;
      return (
        <span className={classes.account}>
          <AccountId id={leader.id} />
          {at === 0 && type.tied > 1 && <span className={classes.tie}>tie of {groupDigits(type.tied)}</span>}
        </span>
      );
    },
    { grow: 2 },
  ),
  column(
    'tokens',
    'Tokens',
    120,
    (row) =>
      row.leader && (
        <Flash value={row.type.tokens}>
          <Digits value={row.type.tokens} />
        </Flash>
      ),
    { align: 'end', grow: 1 },
  ),
  column('version', 'Version', 96, (row) => row.leader && <Version value={row.leader.version} />, {
    align: 'end',
  }),
  column(
    'since',
    'Leads since',
    96,
    (row) => row.at === 0 && row.since && <Since type={row.type} {...row.since} />,
    {
      grow: 1,
    },
  ),
];

function Since({ type, since, onChain, before }: LeadersSince & { readonly type: TypeLeaders }) {
  return (
    <span className={classes.since}>
      {onChain === null ? (
        <MomentPoint moment={since} />
      ) : (
        <span data-tip={`Since version ${onChain}, in the order of the chain`}>slot {slotOf(onChain)}</span>
      )}
      {before > type.tied && (
        <span className={classes.until} data-cut="text">
          tied until then with {countOf(before - 1, 'other')}
        </span>
      )}
    </span>
  );
}

function Rest({ type }: { readonly type: TypeLeaders }) {
  return (
    <span className={classes.rest}>
      and {groupDigits(type.tied - type.leaders.length)} more: show all {groupDigits(type.tied)}
    </span>
  );
}

/** Before a type in the address, because a type may be empty. */
const OF_TYPE = 'type.';

export function ReportView() {
  const accountType = useRoute(({ detail }) =>
    detail?.startsWith(OF_TYPE) ? detail.slice(OF_TYPE.length) : null,
  );
  return accountType === null ? <AllTypes /> : <TypeLeadersView accountType={accountType} />;
}

function AllTypes() {
  const reads = useReads();
  const [afterType, setAfterType] = useState<string | null>(null);
  const load = useCallback(
    () => reads.call('report.get', afterType === null ? {} : { afterType }),
    [reads, afterType],
  );
  const { clock } = useModel();
  // A drag is followed by what the instant tells at a glance; where it ends, all is read.
  const moving = useInstant((state) => state.moving) && afterType === null;
  const summary = useInstant((state) => state.summary);
  const { value, error, isNew, reload } = useResource(moving ? null : load, undefined, 'keep');
  const glance = useMemo(
    () => summary && { ...summary, accounts: summary.counts.accounts, madeAtMs: clock.nowMs() },
    [summary, clock],
  );
  const report = afterType === null && !isNew && glance !== null ? glance : value;
  const isWhole = report !== null && report === value;
  const loadSince = useCallback(
    () =>
      reads.call('report.since', { accountTypes: report?.types.map(({ accountType }) => accountType) ?? [] }),
    [reads, report],
  );
  const { value: since } = useResource(isWhole ? loadSince : null, [], 'keep');
  return (
    <ViewFrame
      title="Report"
      hasTimes
      count={report === null ? undefined : <Count report={report} />}
      exported={{ table: 'leaders' }}
      controls={
        report && (
          <>
            {afterType !== null && (
              <ActionButton onClick={() => setAfterType(null)}>First types</ActionButton>
            )}
            {report.moreTypes && (
              <ActionButton onClick={() => setAfterType(report.types.at(-1)?.accountType ?? null)}>
                Next types
              </ActionButton>
            )}
            <Take report={report} />
          </>
        )
      }
    >
      {report === null ? (
        error === null ? (
          <Loading what="the report" />
        ) : (
          <Failed error={error} onRetry={reload} />
        )
      ) : report.types.length === 0 ? (
        <NoReport />
      ) : (
        <Leaders report={report} since={since ?? NOT_KNOWN} />
      )}
    </ViewFrame>
  );
}

function Count({ report }: { readonly report: Report }) {
  const active = useLive((state) => state.status !== null && isActive(state.status.state));
  const underWay = useInstant(({ text }) => text === null) && active;
  return (
    <>
      {report.moreTypes && `${countOf(report.types.length, 'type')}, not all, `}out of{' '}
      {countOf(report.accounts, 'account')}
      {underWay && (
        <span className={classes.soFar}>
          so far, at <PointInTime timeMs={report.madeAtMs} />
        </span>
      )}
    </>
  );
}

const NOT_KNOWN: readonly LeadersSince[] = [];

function Leaders({ report, since }: { readonly report: Report; readonly since: readonly LeadersSince[] }) {
  const { address } = useWindow();
  const inspect = useRoute((route) => route.inspect);
  const lines = useMemo<readonly Line[]>(
    () =>
      report.types.flatMap((type) => {
        const lead = { type, since: since.find(({ accountType }) => accountType === type.accountType) };
        const named = type.leaders.map((leader, at): Line => ({ ...lead, at, leader }));
        return type.tied > named.length
          ? [...named, { ...lead, at: named.length, leader: undefined }]
          : named;
      }),
    [report, since],
  );
  const rows = useListRows(lines);
  const open = useInspect();
  const actions = useMemo(
    () => ({
      open: ({ type, leader }: Line) =>
        leader ? open(leader) : address.go({ detail: `${OF_TYPE}${type.accountType}` }),
    }),
    [open, address],
  );
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

const lineKey = ({ type, leader }: Line) => `${type.accountType} ${leader?.id ?? ''}`;
const lineId = ({ leader }: Line) => leader?.id ?? null;

function Take({ report: { types } }: { readonly report: Report }) {
  const { messages, fail } = useModel();
  const copy = () => {
    navigator.clipboard
      .writeText(`${formatReport(types)}\n`)
      .then(() => messages.emit({ level: 'success', text: 'Copied the report.' }), fail);
  };
  const none = types.length === 0;
  return (
    <>
      <ActionButton icon={IconCopy} whyNot={none ? 'There is nothing to report yet' : null} onClick={copy}>
        Copy
      </ActionButton>
      <ActionButton
        icon={IconDownload}
        whyNot={none ? 'There is nothing to report yet' : null}
        onClick={() => saveFile('ingot-report.csv', 'text/csv', [reportCsv(types)])}
      >
        CSV
      </ActionButton>
      <ActionButton
        icon={IconDownload}
        whyNot={none ? 'There is nothing to report yet' : null}
        onClick={() => saveFile('ingot-report.json', 'application/json', [reportJson(types)])}
      >
        JSON
      </ActionButton>
    </>
  );
}
