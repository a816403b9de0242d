import type { TimelineBins } from '../../../src-shared/timeline';
import type { CallbackState } from '../../../src-shared/update';
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
  RowWindow,
  TiedLeader,
  VersionRow,
  WindowRequest,
} from '../../../src-shared/views';
import type { PendingCallbacks } from '../../callbacks/pending';
import { countCallbacks } from '../../callbacks/sql/count-callbacks';
import type { Queryable } from '../../database/database';
import type { Clock } from '../../engine/clock';
import { rankLeaders } from '../sql/rank-leaders';
import { accountsRows, leaderRows } from './accounts-rows';
import { createAnchors } from './anchors';
import { countAccounts, countRows, readDatabaseFacts } from './describe-database';
import { findAccount } from './find-account';
import { callbackRows, historyRows, versionRows } from './history-rows';
import { listAccountTypes } from './list-account-types';
import { createPacedReads } from './paced-reads';
import { readTimeline, type TimelineQuery } from './read-timeline';
import { readWindow } from './read-window';
import { type KeptRun, rejectRows, runRows } from './run-rows';
import { createTotals } from './totals';

/** What the views show, read in keyset windows. Nothing here writes. */
export interface Views {
  accounts(query: AccountsQuery): Promise<RowWindow<AccountRow>>;
  /** Undefined if there is no such account. */
  account(id: string): Promise<AccountDetail | undefined>;
  versions(query: { readonly id: string; readonly window: WindowRequest }): Promise<RowWindow<VersionRow>>;
  history(query: HistoryQuery): Promise<RowWindow<HistoryRow>>;
  callbacks(query: CallbacksQuery): Promise<RowWindow<HistoryRow>>;
  runs(query: { readonly window: WindowRequest }): Promise<RowWindow<KeptRun>>;
  /** Undefined if there is no such run. */
  run(runId: string): Promise<KeptRun | undefined>;
  rejects(query: { readonly runId: string; readonly window: WindowRequest }): Promise<RowWindow<RejectRow>>;
  /** Reads all rows of a run, in slices: keep the answer. Undefined if there is no such run. */
  timeline(query: TimelineQuery): Promise<TimelineBins | undefined>;
  callbackCounts(): Promise<Readonly<Record<CallbackState, number>>>;
  /** @param afterType Only types after this one; null: from the first. */
  report(afterType: string | null): Promise<Report>;
  leaders(query: {
    readonly accountType: string;
    readonly window: WindowRequest;
  }): Promise<RowWindow<TiedLeader>>;
  databaseFacts(): Promise<Pick<DatabaseInfo, 'sizeBytes' | 'serverVersion' | 'rows' | 'accountTypes'>>;
  /** To be called after every commit that may have changed what the views show. */
  noteChange(): void;
}

export interface ViewsDeps {
  readonly database: Queryable;
  readonly clock: Clock;
  /** What waits, as the engine knows it. */
  readonly pending: PendingCallbacks;
}

/** More types than a person can choose from are not listed. */
const LISTED_ACCOUNT_TYPES = 500;

export function createViews({ database, clock }: ViewsDeps): Views {
  let changes = 0;
  const generation = () => changes;
  const totals = createTotals({ database, clock, generation });
  const anchors = createAnchors({ database, clock, generation, totals });
  const deps = { database, totals, anchors };
  const reads = createPacedReads({ clock, generation });

  return {
    accounts: ({ sort, filter, window }) => readWindow(deps, accountsRows(sort, filter), window),
    account: (id) => findAccount(database, id),
    versions: ({ id, window }) => readWindow(deps, versionRows(id), window),
    history: (query) => readWindow(deps, historyRows(query), query.window),
    callbacks: (query) => readWindow(deps, callbackRows(query), query.window),
    runs: ({ window }) => readWindow(deps, runRows(), window),
    async run(runId) {
      const { rows } = await readWindow(deps, runRows(runId), { from: { edge: 'start' }, limit: 1 });
      return rows[0];
    },
    rejects: ({ runId, window }) => readWindow(deps, rejectRows(runId), window),
    timeline: (query) => readTimeline(database, clock, query),
    callbackCounts: () => reads.read('callback counts', () => countCallbacks(database)),
    report: (afterType) =>
      reads.read(`report ${JSON.stringify(afterType)}`, async () => ({
        ...(await rankLeaders(database, afterType)),
        accounts: await countAccounts(database),
        madeAtMs: clock.now(),
      })),
    leaders: ({ accountType, window }) => readWindow(deps, leaderRows(accountType), window),
    async databaseFacts() {
      return {
        ...(await readDatabaseFacts(database)),
        rows: await countRows(database),
        accountTypes: await listAccountTypes(database, LISTED_ACCOUNT_TYPES),
      };
    },
    noteChange() {
      changes += 1;
    },
  };
}
