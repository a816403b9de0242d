import { useCallback, useMemo } from 'react';
import type { HistoryRow, WindowRequest } from '../../../src-shared/views';
import { useWindowRows } from '../../bindings/use-window-rows';
import { useReads } from '../../bindings/window-context';
import { DataGrid } from '../../components/data-grid';
import { gridColumns } from '../../components/grid-model';
import { MarkBadge, MarkIcon } from '../../components/mark-badge';
import { MomentPoint } from '../../components/moments';
import { RowsBody } from '../../components/rows-body';
import { Change, Digits, Version } from '../../components/values';
import { HistoryCallback, HistoryOutcome, Retracted } from '../history-columns';
import classes from './inspector.module.css';

type Row = HistoryRow & { readonly cursor: string };
const column = gridColumns<Row>();

export interface ChosenVersions {
  /** Null for the latest. */
  readonly shown: string | null;
  /** Null for the latest before `shown`. */
  readonly against: string | null;
}

interface VersionsGridProps {
  readonly id: string;
  readonly chosen: ChosenVersions;
  readonly latest: string;
  /** Outcomes in words; otherwise as icons. */
  readonly withWords: boolean;
  readonly onChoose: (chosen: ChosenVersions) => void;
}

/** All stored versions, highest first. A click shows one; the mark at its end compares with it. */
export function VersionsGrid({ id, chosen, latest, withWords, onChoose }: VersionsGridProps) {
  const reads = useReads();
  const fetchRows = useCallback(
    (window: WindowRequest) => reads.call('accounts.versionList', { id, window }),
    [reads, id],
  );
  const { rows, state, retry } = useWindowRows<HistoryRow>(fetchRows);
  /** Then a version is two numbers: there is no room for another version, and in a narrow pane none for the change. */
  const hasSlots = latest.includes(':');
  const columns = useMemo(
    () => [
      column(
        'version',
        'Version',
        withWords ? 58 : 62,
        (row) => (
          <span className={classes.version}>
            <Version value={row.version} />
            {!withWords && (
              <span data-term={row.outcome}>
                <MarkIcon mark={row.outcome} />
                <span className="visually-hidden">{row.outcome}</span>
              </span>
            )}
            {!withWords && row.retracted !== null && <Retracted since={row.retracted} short />}
          </span>
        ),
        { align: 'end', grow: 1 },
      ),
      column('time', 'Time', 84, (row) => <MomentPoint moment={row.arrived} />),
      ...(withWords ? [column('outcome', 'Outcome', 94, (row) => <HistoryOutcome row={row} />)] : []),
      column('tokens', 'Tokens', 58, (row) => <Digits value={row.tokens} />, { align: 'end', grow: 1 }),
      ...(hasSlots && !withWords
        ? []
        : [
            column('change', 'Change', 56, (row) => <Change value={row.tokensChange} />, {
              align: 'end',
              grow: 1,
            }),
          ]),
      column('callback', 'Callback', 96, (row) =>
        hasSlots && row.callbackState !== null && row.supersededBy !== null ? (
          <MarkBadge mark={row.callbackState} />
        ) : (
          <HistoryCallback row={row} />
        ),
      ),
      column(
        'compare',
        () => <span className="visually-hidden">Compare</span>,
        38,
        (row) => (
          <button
            type="button"
            className={classes.compare}
            tabIndex={-1}
            aria-pressed={chosen.against === row.version}
            aria-label={`Compare with version ${row.version}`}
            data-tip="Compare with this version"
            onClick={(event) => {
              event.stopPropagation();
              const { version } = row;
              onChoose({ ...chosen, against: chosen.against === version ? null : version });
            }}
          >
            vs
          </button>
        ),
        { enableResizing: false },
      ),
    ],
    [chosen, onChoose, withWords, hasSlots],
  );
  const actions = useMemo(
    () => ({ open: (row: Row) => onChoose({ ...chosen, shown: row.version }) }),
    [chosen, onChoose],
  );
  return (
    <RowsBody state={state} retry={retry} what="versions" empty={null}>
      <DataGrid
        label="Versions"
        columns={columns}
        rows={rows}
        rowKey={versionOf}
        idOf={versionOf}
        selectedKey={chosen.shown ?? latest}
        actions={actions}
        inCharge="focus"
      />
    </RowsBody>
  );
}

const versionOf = (row: { readonly version: string }) => row.version;
