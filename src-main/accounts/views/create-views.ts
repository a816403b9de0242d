import type { CallbackState, VersionText } from '../../../src-shared/update';
import type {
  AccountDetail,
  AccountRow,
  AccountsQuery,
  CallbacksQuery,
  DatabaseInfo,
  HistoryQuery,
  HistoryRow,
  RejectRow,
  Report,
  ReportQuery,
  RowWindow,
  TiedLeader,
  TypeLeadersPage,
  TypeLeadersQuery,
  VersionRow,
  WindowRequest,
} from '../../../src-shared/views';
import type { PendingCallbacks } from '../../callbacks/known-run';
import type { Queryable } from '../../database/database';
import type { Clock } from '../../time/clock';
import { rankLeaders, rankLeadersOfType } from '../sql/rank-leaders';
import { accountRow, accountsRows, leaderRows } from './accounts-rows';
import { countAccounts, describeDatabase, sumRunCounts } from './describe-database';
import { createEstimates } from './estimates';
import { explainVersion, type StoredWhy } from './explain-version';
import { callbackRows, historyRows, versionRows } from './history-rows';
import { createPacedReads } from './paced-reads';
import { createPendingList } from './pending-list';
import { readRow, readWindow, SCAN_ROWS } from './read-window';
import { type KeptRun, rejectRows, runRows } from './run-rows';

/** The views' data, read in keyset windows. Nothing here writes. */
export interface Views {
  accounts(query: AccountsQuery): Promise<RowWindow<AccountRow>>;
  /** Undefined if there is no such account. */
  account(id: string): Promise<AccountDetail | undefined>;
  versions(query: { readonly id: string; readonly window: WindowRequest }): Promise<RowWindow<VersionRow>>;
  /** Undefined if there is no such version. */
  why(query: { readonly id: string; readonly version: VersionText }): Promise<StoredWhy | undefined>;
  history(query: HistoryQuery): Promise<RowWindow<HistoryRow>>;
  callbacks(query: CallbacksQuery): Promise<RowWindow<HistoryRow>>;
  runs(query: { readonly window: WindowRequest }): Promise<RowWindow<KeptRun>>;
  rejects(query: { readonly runId: string; readonly window: WindowRequest }): Promise<RowWindow<RejectRow>>;
  callbackCounts(): Promise<Readonly<Record<CallbackState, number>>>;
  report(query: ReportQuery): Promise<Report>;
  /** Null if there is no account of that type. */
  leadersOfType(query: TypeLeadersQuery): Promise<TypeLeadersPage | null>;
  leaders(query: {
    readonly accountType: string;
    readonly window: WindowRequest;
  }): Promise<RowWindow<TiedLeader>>;
  databaseFacts(): Promise<Pick<DatabaseInfo, 'sizeBytes' | 'serverVersion' | 'rows' | 'accountTypes'>>;
  /** Call it after every commit that may have changed what the views show. */
  noteChange(): void;
}

export interface ViewsDeps {
  readonly database: Queryable;
  readonly clock: Clock;
  /** From the engine's memory. */
  readonly pending: PendingCallbacks;
  /** Limit for the rows that one statement of a search reads; default `SCAN_ROWS`. */
  readonly scanRows?: number;
}

export function createViews({ database, clock, pending, scanRows = SCAN_ROWS }: ViewsDeps): Views {
  let changes = 0;
  let changedMs = clock.monotonicMs();
  const generation = () => changes;
  const idleMs = () => clock.monotonicMs() - changedMs;
  const list = createPendingList({ pending, clock, generation });
  const reads = createPacedReads({ clock, generation });
  const estimates = createEstimates({ database, reads, idleMs });
  const deps = { database, estimates, pending: list, scanRows };

  return {
    accounts: async ({ sort, filter, window }) =>
      readWindow(deps, await accountsRows(deps, sort, filter), window),
    account: (id) => readRow(deps, accountRow(id)),
    versions: ({ id, window }) => readWindow(deps, versionRows(id), window),
    why: ({ id, version }) => explainVersion(deps, id, version),
    history: async (query) => readWindow(deps, await historyRows(deps, query), query.window),
    callbacks: async (query) => readWindow(deps, await callbackRows(deps, query), query.window),
    runs: ({ window }) => readWindow(deps, runRows(), window),
    rejects: ({ runId, window }) => readWindow(deps, rejectRows(runId), window),
    async callbackCounts() {
      const { fired, cancelled } = await sumRunCounts(database, null);
      return { pending: pending.count(), fired, cancelled };
    },
    report: ({ afterType = null, limit }) =>
      reads.read(`report ${limit} ${JSON.stringify(afterType)}`, async () => ({
        ...(await rankLeaders(database, afterType, limit)),
        accounts: await countAccounts(database),
        madeAtMs: clock.now(),
      })),
    async leadersOfType({ accountType, afterId = null, limit }) {
      // One more than asked for shows whether there is a next page.
      const found = await rankLeadersOfType(database, accountType, afterId, limit + 1);
      if (!found) return null;
      const leaders = found.leaders.slice(0, limit);
      return { ...found, leaders, next: found.leaders.length > limit ? (leaders.at(-1)?.id ?? null) : null };
    },
    leaders: ({ accountType, window }) => readWindow(deps, leaderRows(accountType), window),
    databaseFacts: () => describeDatabase(database),
    noteChange() {
      changes += 1;
      changedMs = clock.monotonicMs();
    },
  };
}
