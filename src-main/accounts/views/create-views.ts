import type {
  ComparedAccount,
  ComparedAccountsQuery,
  ComparedCallback,
  ComparedCallbacksQuery,
  ComparedQuery,
  Comparison,
} from '../../../src-shared/compare';
import type { CoverageRow } from '../../../src-shared/connections';
import { NOW_SEQ, parseAsOf, type ResolvedInstant } from '../../../src-shared/instant';
import { wallOf } from '../../../src-shared/run-clock';
import type { AnyRow, TableQuery } from '../../../src-shared/tables';
import { CALLBACK_STATES, type CallbackState, REPORT_LIMITS } from '../../../src-shared/update';
import type { CoverageQuery } from '../../../src-shared/views';
import {
  type AccountBytes,
  type AccountDetail,
  type AccountQuery,
  type AccountRow,
  type AccountsQuery,
  type BytesQuery,
  type CallbacksQuery,
  type DatabaseInfo,
  type HistoryQuery,
  type HistoryRow,
  type InstantSummary,
  type LeaderChanges,
  type LeadersQuery,
  type LeadersSince,
  type LeadersSinceQuery,
  type NeighbourQuery,
  type PastEvents,
  type PastEventsQuery,
  type RangeQuery,
  type RejectRow,
  type Report,
  type ReportQuery,
  type RowWindow,
  SUMMARY_LIMITS,
  type TiedLeader,
  type TimelineRange,
  type TypeLeadersPage,
  type TypeLeadersQuery,
  type VersionRow,
  type VersionsQuery,
  type WhyQuery,
  type WindowRequest,
} from '../../../src-shared/views';
import type { PendingCallbacks } from '../../callbacks/known-run';
import type { Database } from '../../database/database';
import { createStoredBytes } from '../../storage/account-bytes';
import type { Clock } from '../../time/clock';
import { leadersAt, leadersOfTypeAt } from '../as-of/leaders-at';
import { createSelectAccounts } from '../as-of/select-accounts';
import type { StateAt } from '../as-of/state-columns';
import { createStateIndex } from '../as-of/state-index';
import { rankLeaders, rankLeadersOfType } from '../sql/rank-leaders';
import { accountRow, accountsRows, accountsWithData, leaderRows } from './accounts-rows';
import { callbackRows } from './callback-rows';
import { createCompare } from './compare';
import { countAccounts, describeDatabase, sumRunCounts } from './describe-database';
import { createEstimates } from './estimates';
import { explainVersion, readVersion, type StoredWhy } from './explain-version';
import { aboveFloor, refuseBelowFloor } from './history-floor';
import { historyRows, versionList, versionRows, withData } from './history-rows';
import { findLeaderChanges, findLeadersSince } from './leader-changes';
import { createPacedReads } from './paced-reads';
import { listPastEvents } from './past-events';
import { createPendingList, type PendingList } from './pending-list';
import { readClocks, readRow, readWindow, SCAN_ROWS, walkRows } from './read-window';
import { createPresent, findNeighbour, resolveInstant } from './resolve-instant';
import { coverageRows, type KeptRun, rejectRows, runRows } from './run-rows';
import { countRange } from './timeline-range';

/** The views' data, read in keyset windows. Nothing here writes. */
export interface Views {
  accounts(query: AccountsQuery): Promise<RowWindow<AccountRow>>;
  /** Undefined if there is no such account. */
  account(query: AccountQuery): Promise<AccountDetail | undefined>;
  versions(query: VersionsQuery): Promise<RowWindow<VersionRow>>;
  version(query: WhyQuery): Promise<VersionRow | null>;
  /** Without JSON. */
  versionList(query: VersionsQuery): Promise<RowWindow<HistoryRow>>;
  /** Undefined if there is no such version. */
  why(query: WhyQuery): Promise<StoredWhy | undefined>;
  /** Null if the data of that version is no bytes, or there is no such version. */
  bytes(query: BytesQuery): Promise<AccountBytes | null>;
  history(query: HistoryQuery): Promise<RowWindow<HistoryRow>>;
  callbacks(query: CallbacksQuery): Promise<RowWindow<HistoryRow>>;
  runs(query: { readonly window: WindowRequest }): Promise<RowWindow<KeptRun>>;
  rejects(query: { readonly runId: string; readonly window: WindowRequest }): Promise<RowWindow<RejectRow>>;
  /** What connections covered, and the gaps; `runId`: of one, null: of all. */
  coverage(query: CoverageQuery): Promise<RowWindow<CoverageRow>>;
  callbackCounts(asOf?: string): Promise<Readonly<Record<CallbackState, number>>>;
  report(query: ReportQuery): Promise<Report>;
  /** Null if there is no account of that type. */
  leadersOfType(query: TypeLeadersQuery): Promise<TypeLeadersPage | null>;
  leaders(query: LeadersQuery): Promise<RowWindow<TiedLeader>>;
  /** `now` too stays what it is then. @throws IngotError `invalid_input`, or `not_found` if there is no such run. */
  resolve(instant: string): Promise<ResolvedInstant>;
  /** @throws IngotError `not_found` if there is no such run. */
  neighbour(query: NeighbourQuery): Promise<number | null>;
  /** Null if it has too many events. @throws IngotError `not_found` if there is no such run. */
  range(query: RangeQuery): Promise<TimelineRange | null>;
  pastEvents(query: PastEventsQuery): Promise<PastEvents>;
  summary(asOf?: string): Promise<InstantSummary>;
  leaderChanges(runId: string): Promise<LeaderChanges>;
  leadersSince(query: LeadersSinceQuery): Promise<readonly LeadersSince[]>;
  /** @throws IngotError as `resolve` does, as do the next two. */
  compare(query: ComparedQuery): Promise<Comparison>;
  comparedAccounts(query: ComparedAccountsQuery): Promise<RowWindow<ComparedAccount>>;
  comparedCallbacks(query: ComparedCallbacksQuery): Promise<RowWindow<ComparedCallback>>;
  /**
   * Every row of a table in its order, with its JSON, page by page.
   * @param pageRows asked before each page: at most `SCAN_ROWS - 1` rows; a page of large rows is cut by size.
   * @param present what now is for a query without `asOf`, while rows are added; left out: all that there are.
   */
  walk(query: TableQuery, pageRows: () => number, present?: string): AsyncIterable<readonly AnyRow[]>;
  /** About how many rows it has; null if only reading them tells. */
  totalOf(query: TableQuery): Promise<number | null>;
  databaseFacts(): Promise<Pick<DatabaseInfo, 'sizeBytes' | 'serverVersion' | 'rows' | 'accountTypes'>>;
  /** Call it after every commit that may have changed what the views show. */
  noteChange(): void;
}

export interface ViewsDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** From the engine's memory. */
  readonly pending: PendingCallbacks;
  /** Limit for the rows that one statement of a search reads; default `SCAN_ROWS`. */
  readonly scanRows?: number;
}

/** Each takes 24 bytes a callback once it is used. */
const KEPT_LISTS = 2;

export function createViews({ database, clock, pending, scanRows = SCAN_ROWS }: ViewsDeps): Views {
  let changes = 0;
  let changedMs = clock.monotonicMs();
  const generation = () => changes;
  const idleMs = () => clock.monotonicMs() - changedMs;
  const list = createPendingList({ pending, clock, generation });
  const reads = createPacedReads({ clock, generation });
  const estimates = createEstimates({ database, reads, idleMs });
  const index = createStateIndex(database);
  const statesAt = async (asOf: string): Promise<() => StateAt> => {
    await refuseBelowFloor(database, asOf);
    const { seq, cut } = parseAsOf(asOf);
    return (await index.upTo(BigInt(seq))).atCut(BigInt(seq), cut, clock);
  };
  const select = createSelectAccounts({ index, clock });
  const stored = createStoredBytes(database);
  const compare = createCompare({ database, index, clock });
  const deps = { database, estimates, pending: list, scanRows, select };
  /** What to read as of a number; left out, or above all: as of now. */
  const at = async (asOf: string = NOW_SEQ) => {
    await refuseBelowFloor(database, asOf);
    const states = () => statesAt(asOf);
    const { seq, cut } = parseAsOf(asOf);
    if (asOf === NOW_SEQ) return { ...deps, asOf: null, cut, states };
    return { ...deps, asOf: seq, cut, states, pending: pastList(seq) };
  };
  /** The lists of pending callbacks that were asked for last, and when: any change may be one of the past or of a clock. */
  const pastLists = new Map<string, { readonly made: number; readonly list: PendingList }>();
  const pastList = (asOf: string): PendingList => {
    const known = pastLists.get(asOf);
    if (known?.made === changes) return known.list;
    const list = pendingAt({ database, clock, states: () => statesAt(asOf) });
    pastLists.delete(asOf);
    pastLists.set(asOf, { made: changes, list });
    const [oldest] = pastLists.keys();
    if (pastLists.size > KEPT_LISTS && oldest !== undefined) pastLists.delete(oldest);
    return list;
  };

  const views: Views = {
    async accounts({ asOf, sort, filter, window }) {
      const then = await at(asOf);
      return readWindow(then, await accountsRows(then, sort, filter), window);
    },
    async account({ id, asOf }) {
      const then = await at(asOf);
      const account = await readRow(then, await accountRow(then, id));
      return account && stored.describe(account);
    },
    async versions({ id, window, asOf }) {
      const page = await readWindow(deps, versionRows(id, await at(asOf)), window);
      return { ...page, rows: await Promise.all(page.rows.map(stored.describe)) };
    },
    versionList: async ({ id, window, asOf }) => readWindow(deps, versionList(id, await at(asOf)), window),
    async history({ asOf, window, ...query }) {
      const then = await at(asOf);
      return readWindow(then, await historyRows(then, query), window);
    },
    async callbacks({ asOf, window, ...query }) {
      const then = await at(asOf);
      return readWindow(then, await callbackRows(then, query), window);
    },
    async version({ id, version, asOf }) {
      const row = await readVersion(await at(asOf), id, version);
      return row ? stored.describe(row) : null;
    },
    async why({ id, version, asOf }) {
      const why = await explainVersion(await at(asOf), id, version);
      return why && { ...why, row: await stored.describe(why.row) };
    },
    bytes: stored.read,
    runs: ({ window }) => readWindow(deps, runRows(), window),
    rejects: ({ runId, window }) => readWindow(deps, rejectRows(runId), window),
    coverage: ({ runId, window }) => readWindow(deps, coverageRows(runId), window),
    async callbackCounts(asOf = NOW_SEQ) {
      if (asOf !== NOW_SEQ) return (await statesAt(parseAsOf(asOf).seq))().countCallbacks();
      const { fired, cancelled } = await sumRunCounts(database, null);
      return { pending: pending.count(), fired, cancelled };
    },
    async report({ afterType = null, limit, asOf = NOW_SEQ }) {
      if (asOf !== NOW_SEQ) {
        const state = (await statesAt(asOf))();
        return {
          ...leadersAt(state, afterType, limit),
          accounts: state.countAccounts(),
          madeAtMs: clock.now(),
        };
      }
      return reads.read(`report ${limit} ${JSON.stringify(afterType)}`, async () => ({
        ...(await rankLeaders(database, afterType, limit)),
        accounts: await countAccounts(database),
        madeAtMs: clock.now(),
      }));
    },
    async leadersOfType({ accountType, afterId = null, limit, asOf = NOW_SEQ }) {
      // One more than asked for shows whether there is a next page.
      const found =
        asOf === NOW_SEQ
          ? await rankLeadersOfType(database, accountType, afterId, limit + 1)
          : leadersOfTypeAt((await statesAt(asOf))(), accountType, afterId, limit + 1);
      if (!found) return null;
      const leaders = found.leaders.slice(0, limit);
      return { ...found, leaders, next: found.leaders.length > limit ? (leaders.at(-1)?.id ?? null) : null };
    },
    async leaders({ accountType, window, asOf }) {
      const then = await at(asOf);
      return readWindow(then, await leaderRows(then, accountType), window);
    },
    neighbour: (query) => findNeighbour(database, query),
    range: (query) => countRange(database, query),
    pastEvents: (query) => listPastEvents(database, { ...query, asOf: parseAsOf(query.asOf).seq }),
    resolve: async (instant) =>
      aboveFloor(database, await resolveInstant(createPresent(database, clock.now()), instant)),
    async summary(asOf = NOW_SEQ) {
      const state = (await statesAt(asOf))();
      const { indexed, stale } = state;
      const { types, moreTypes } = leadersAt(state, null, SUMMARY_LIMITS.types);
      return {
        types: types.map((type) => ({ ...type, leaders: type.leaders.slice(0, SUMMARY_LIMITS.leaders) })),
        moreTypes,
        counts: { accounts: state.countAccounts(), indexed, stale, ...state.countCallbacks() },
      };
    },
    leaderChanges: (runId) =>
      reads.recent(`leader changes ${runId}`, async () =>
        findLeaderChanges(database, await index.upTo(BigInt(NOW_SEQ)), runId),
      ),
    async leadersSince(query) {
      const { seq } = parseAsOf(query.asOf ?? NOW_SEQ);
      return reads.read(`leaders since ${JSON.stringify(query)}`, async () =>
        findLeadersSince(database, await index.upTo(BigInt(seq)), query, clock),
      );
    },
    compare: (query) => compare.summary(query),
    async comparedAccounts({ window, ...query }) {
      return readWindow(deps, await compare.accounts(query), window);
    },
    async comparedCallbacks({ window, ...query }) {
      return readWindow(deps, await compare.callbacks(query), window);
    },
    walk: walkWhole,
    async totalOf(query) {
      const window = { from: { edge: 'start' }, limit: 1 } as const;
      switch (query.table) {
        case 'accounts':
          return (await views.accounts({ ...query, window })).total;
        case 'account':
          return (await views.versionList({ ...query, window })).total;
        case 'updates':
          return (await views.history({ ...query, window })).total;
        case 'callbacks': {
          const states = query.state === undefined ? CALLBACK_STATES : [query.state];
          const found = await Promise.all(
            states.map((state) => views.callbacks({ ...query, state, window })),
          );
          return found.reduce((sum, { total }) => sum + total, 0);
        }
        case 'rejects':
          return (await views.rejects({ ...query, window })).total;
        case 'runs':
          return (await views.runs({ window })).total;
        case 'compare-accounts':
          return (await views.comparedAccounts({ ...query, window })).total;
        case 'compare-callbacks':
          return (await views.comparedCallbacks({ ...query, window })).total;
        case 'leaders':
          return null;
      }
    },
    databaseFacts: () => describeDatabase(database),
    noteChange() {
      changes += 1;
      changedMs = clock.monotonicMs();
    },
  };
  return views;

  /** Retention may remove what is read of a past instant: then it says so. */
  async function* walkWhole(
    query: TableQuery,
    pageRows: () => number,
    present = NOW_SEQ,
  ): AsyncGenerator<readonly AnyRow[]> {
    const asOf = ('asOf' in query ? query.asOf : undefined) ?? present;
    try {
      for await (const page of walkTable(query, pageRows, asOf)) {
        await refuseBelowFloor(database, asOf);
        yield page;
      }
    } catch (error) {
      await refuseBelowFloor(database, asOf);
      throw error;
    }
  }

  async function* walkTable(
    query: TableQuery,
    pageRows: () => number,
    asOf: string,
  ): AsyncGenerator<readonly AnyRow[]> {
    const then = await at(asOf);
    switch (query.table) {
      case 'accounts':
        return yield* walkRows(
          then,
          accountsWithData(await accountsRows(then, query.sort, query.filter)),
          pageRows,
        );
      case 'account':
        return yield* walkRows(then, versionRows(query.id, then, true), pageRows);
      case 'updates':
        return yield* walkRows(then, withData(await historyRows(then, query)), pageRows);
      case 'callbacks':
        for (const state of query.state === undefined ? CALLBACK_STATES : [query.state]) {
          const rows = await callbackRows(then, { ...query, state }, query.asOf === undefined);
          yield* walkRows(then, withData(rows), pageRows);
        }
        return;
      case 'leaders':
        for await (const accountType of query.accountType === undefined
          ? allTypes(asOf)
          : [query.accountType]) {
          for await (const page of walkRows(then, await leaderRows(then, accountType), pageRows)) {
            yield page.map((row) => ({ ...row, accountType }));
          }
        }
        return;
      case 'runs':
        return yield* walkRows(deps, runRows(), pageRows);
      case 'compare-accounts':
        return yield* walkRows(deps, await compare.accounts(query), pageRows);
      case 'compare-callbacks':
        return yield* walkRows(deps, await compare.callbacks(query), pageRows);
      case 'rejects':
        for await (const page of walkRows(deps, rejectRows(query.runId), pageRows)) {
          yield page.map((row) => ({ ...row, runId: query.runId }));
        }
    }
  }

  async function* allTypes(asOf: string): AsyncGenerator<string> {
    let afterType: string | undefined;
    for (;;) {
      const page: Report = await views.report({
        limit: REPORT_LIMITS.types,
        asOf,
        ...(afterType !== undefined && { afterType }),
      });
      for (const { accountType } of page.types) yield accountType;
      afterType = page.types.at(-1)?.accountType;
      if (!page.moreTypes || afterType === undefined) return;
    }
  }
}

/** Those that were pending at an earlier instant, read once they are asked for. */
function pendingAt({
  database,
  clock,
  states,
}: Pick<ViewsDeps, 'database' | 'clock'> & { readonly states: () => Promise<() => StateAt> }): PendingList {
  const read = async () => {
    const [stateAt, clocks] = await Promise.all([states(), readClocks(database)]);
    const pending: PendingCallbacks = {
      count: () => stateAt().countCallbacks().pending,
      earliestMs: () => null,
      each(visit) {
        const state = stateAt();
        const { columns } = state;
        for (let account = 0; account < state.accounts; account += 1) {
          const row = state.madeBy(account);
          if (state.fateOf(row) !== 'pending') continue;
          const runId = columns.runOf(row);
          const dueMs = columns.dueOf(row);
          const runClock = clocks.get(runId);
          const wallMs = runClock ? wallOf(runClock, dueMs) : null;
          visit(columns.seqOf(row), wallMs ?? Number.POSITIVE_INFINITY, dueMs, runId);
        }
      },
    };
    return createPendingList({ pending, clock, generation: () => 0 });
  };
  let kept: Promise<PendingList> | undefined;
  const list = () => {
    kept ??= read();
    kept.catch(() => {
      kept = undefined;
    });
    return kept;
  };
  return {
    count: async () => (await list()).count(),
    beside: async (...asked) => (await list()).beside(...asked),
    at: async (...asked) => (await list()).at(...asked),
  };
}
