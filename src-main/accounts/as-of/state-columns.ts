import { IngotError } from '../../../src-shared/errors';
import { NOTHING_REMOVED, type Removed } from '../../../src-shared/retention';
import type { CallbackState, VersionText } from '../../../src-shared/update';
import type { Clock } from '../../time/clock';
import { ChainCuts } from './chain-cuts';
import {
  type ColumnsRetraction,
  type ColumnsUpdate,
  compareBigints,
  compareIds,
  countUpTo,
  Names,
  widen,
} from './column-parts';
import { createLeaderLog } from './leader-log';

/** The account's state at an instant, or one of its updates: a row of the columns. */
export type Row = number;

/** Numbers count from the first one held, in 32 bits. */
const MOST_SEQS = 2 ** 32 - 1;
/** Updates between two copies of the latest states: no instant is further than this from a copy. */
const CHECKPOINT = 1 << 20;
const NONE = -1;
/** Numbers may be negative. */
export const LOWEST_SEQ = -(2n ** 63n);
const FIRED = 1;
/** Kinds of rows. */
const INDEXED = 0;
const STALE = 1;
const RETRACTION = 2;
/** New accounts are sorted some at a time, each of which takes some milliseconds. */
const UNSORTED_IDS = 4_096;

/**
 * Every update in columns, in the one order: 47 bytes each, and an account's id. It answers which update was the latest of each account
 * at any instant, which no index of the database does for all of them at once. It can be rebuilt from the database at any time. An
 * account that fell back to another update has a row of its own for that, with the content of that update.
 *
 * The state at an instant is made from the state made last, forward or back, or from the nearest checkpoint.
 */
export class StateColumns {
  private first: bigint | null = null;
  /** Updates and retractions. */
  count = 0;
  private room = 0;
  private seqs = new Uint32Array(0);
  private accounts = new Uint32Array(0);
  private types = new Uint32Array(0);
  private runs = new Uint32Array(0);
  /** The account's update before it. */
  private before = new Int32Array(0);
  /** Number of the settled callback; 0: not settled. */
  private settledSeqs = new Uint32Array(0);
  private hows = new Uint8Array(0);
  private kinds = new Uint8Array(0);
  private dues = new Float64Array(0);
  private tokens = new BigUint64Array(0);
  private slots = new BigUint64Array(0);
  private versions = new BigUint64Array(0);

  /** Rows of stale updates: they change no state when they come. */
  private readonly stale: Row[] = [];
  /** Rows of retractions. */
  private readonly retracted: Row[] = [];
  /** The update that is the latest after a retraction; below 0: none. */
  private readonly backs = new Map<Row, Row>();

  /** By account, in the order of creation. */
  private readonly ids: string[] = [];
  /** The accounts by id, without those that came last. */
  private sorted = new Uint32Array(0);
  private readonly created: number[] = [];
  private readonly byId = new Map<string, number>();
  private readonly typeNames = new Names();
  private readonly runNames = new Names();

  readonly cuts = new ChainCuts();

  /** The row that made the state of each account after the first `held` rows: an indexed update or a retraction. */
  private latest = new Int32Array(0);
  private held = 0;
  private readonly checkpoints: Int32Array[] = [];

  private readonly leaders = createLeaderLog({
    compare: (row, other) => compareBigints(this.tokensOf(row), this.tokensOf(other)),
    typeOf: (row) => this.typeNumberOf(row),
    isHead: (row) => this.latest[this.accountOf(row)] === row,
  });

  /** What retention had removed before anything was added: it happened, and is not here. */
  removed: Removed = NOTHING_REMOVED;
  /** All numbers up to here have been added. */
  watermark = LOWEST_SEQ;
  /** How many callbacks were added after greater numbers. */
  private belated = 0;

  /** In the one order. */
  add(update: ColumnsUpdate): void {
    const row = this.append(update, INDEXED);
    const before = this.makeLatest(row);
    this.leaders.add(row, this.stateAfter(before) === NONE ? null : before);
  }

  /** It may become the latest later, when those above it are retracted. */
  addStale(update: ColumnsUpdate): void {
    this.stale.push(this.append(update, STALE));
    this.held = this.count;
    this.keepCheckpoint();
  }

  /** The account's latest state is that of an earlier update again, or none. */
  retract({ seq, id, runId, backSeq }: ColumnsRetraction): void {
    const found = backSeq === null ? NONE : this.rowOf(backSeq);
    // Retention may have removed it: then a later update is the latest since long.
    const back = this.seqOf(found) === backSeq ? found : NONE;
    const row = this.append(
      {
        seq,
        id,
        runId,
        accountType: back === NONE ? '' : this.typeOf(back),
        tokens: this.tokensOf(back),
        slot: this.slotOf(back),
        version: this.versionOf(back),
        dueMs: 0,
      },
      RETRACTION,
    );
    this.retracted.push(row);
    this.backs.set(row, back);
    const before = this.makeLatest(row);
    if (back !== NONE) this.leaders.add(row, before === NONE ? null : before);
    else if (before !== NONE) this.leaders.leave(row, before);
  }

  private append(
    { seq, id, accountType, tokens, slot, version, runId, dueMs }: ColumnsUpdate,
    kind: number,
  ): Row {
    this.hold(this.count);
    if (this.count === this.room) this.grow();
    const row = this.count;
    let account = this.byId.get(id);
    if (account === undefined) {
      account = this.ids.length;
      this.ids.push(id);
      this.created.push(row);
      this.byId.set(id, account);
      if (account === this.latest.length) this.latest = widen(this.latest, NONE);
      if (this.ids.length - this.sorted.length >= UNSORTED_IDS) this.accountsById();
    }
    this.first ??= seq - 1n;
    this.seqs[row] = this.offset(seq);
    this.accounts[row] = account;
    this.types[row] = this.typeNames.of(accountType);
    this.runs[row] = this.runNames.of(runId);
    this.kinds[row] = kind;
    this.dues[row] = dueMs;
    this.tokens[row] = tokens;
    this.slots[row] = slot;
    this.versions[row] = version;
    this.count += 1;
    return row;
  }

  /** Returns the row that had made the state before. */
  private makeLatest(row: Row): Row {
    const account = this.accountOf(row);
    const before = this.latest[account] ?? NONE;
    this.before[row] = before;
    this.latest[account] = row;
    this.held = this.count;
    this.keepCheckpoint();
    return before;
  }

  private keepCheckpoint(): void {
    if (this.count % CHECKPOINT === 0) this.checkpoints.push(this.latest.slice(0, this.ids.length));
  }

  /** Where the leaders of a type changed during a run: the latest `most`, in order. */
  leaderChanges(
    runId: string,
    most: number,
  ): readonly { readonly seq: bigint; readonly accountType: string }[] {
    return this.leaders
      .latest((row) => this.runOf(row) === runId, most)
      .map(({ update, type }) => ({ seq: this.seqOf(update), accountType: this.typeName(type) }));
  }

  /** Since which update the leaders of these types, as of `asOf`, have been the same. */
  leadersSince(
    accountTypes: readonly string[],
    asOf: bigint,
  ): readonly { readonly accountType: string; readonly seq: bigint; readonly before: number }[] {
    const types = new Set(accountTypes.flatMap((name) => this.typeNumber(name) ?? []));
    const rows = this.rowsUntil(asOf);
    return this.leaders
      .lastOf(types, (row) => row < rows)
      .map(({ update, type, before }) => ({
        accountType: this.typeName(type),
        seq: this.seqOf(update),
        before,
      }));
  }

  /** An update that is not held is none of ours. */
  settle(updateSeq: bigint, seq: bigint, isFired: boolean): void {
    const row = this.rowsUntil(updateSeq) - 1;
    if (row < 0 || this.seqOf(row) !== updateSeq || this.settledSeqs[row] === this.offset(seq)) return;
    if (seq <= this.watermark) this.belated += 1;
    this.settledSeqs[row] = this.offset(seq);
    this.hows[row] = isFired ? FIRED : 0;
  }

  /** The state after the last of what has a number of at most `asOf`. It holds until the next call. */
  at(asOf: bigint): StateAt {
    const rows = this.rowsUntil(asOf);
    this.hold(rows);
    const until = this.first === null ? 0 : this.clamp(asOf - this.first);
    const stale = countUpTo(this.stale, this.stale.length, rows - 1);
    return new StateAt(this, this.latest, {
      rows,
      indexed:
        rows - stale - countUpTo(this.retracted, this.retracted.length, rows - 1) + this.removed.indexed,
      stale: stale + this.removed.stale,
      accounts: this.accountsUntil(rows),
      until,
    });
  }

  /** As `at`, with each account as of a place on the chain. The answer may be called again at any time. */
  async atCut(
    asOf: bigint,
    cut: VersionText | null,
    { breathe }: Pick<Clock, 'breathe'>,
  ): Promise<() => StateAt> {
    if (cut === null) return () => this.at(asOf);
    const { upTo, known } = this.knownBy(asOf);
    const chosen = await this.cuts.rowsAt(upTo, cut, known, breathe);
    return () => this.at(asOf).asOfCut(chosen);
  }

  /** For `cuts`. */
  knownBy(asOf: bigint) {
    const upTo = asOf < this.watermark ? asOf : this.watermark;
    const { kinds, accounts, slots, versions } = this;
    const rows = this.rowsUntil(upTo);
    const isUpdate = (row: Row) => kinds[row] !== RETRACTION;
    const known = { rows, accountCount: this.accountsUntil(rows), isUpdate, accounts, slots, versions };
    return { upTo, known };
  }

  /** Stands for all that has a number of at most `asOf`: another text, other content. */
  contentUpTo(asOf: bigint): string {
    return `${asOf < this.watermark ? asOf : this.watermark} ${this.belated}`;
  }

  /** All accounts, by id. */
  accountsById(): Uint32Array {
    const { ids, sorted } = this;
    if (sorted.length === ids.length) return sorted;
    const idAt = (account: number): string => ids[account] ?? '';
    const added = Uint32Array.from({ length: ids.length - sorted.length }, (_, at) => sorted.length + at);
    added.sort((a, b) => compareIds(idAt(a), idAt(b)));
    const merged = new Uint32Array(ids.length);
    let taken = 0;
    for (const [at, account] of added.entries()) {
      let high = sorted.length;
      const from = taken;
      while (taken < high) {
        const middle = (taken + high) >>> 1;
        if (compareIds(idAt(sorted[middle] ?? 0), idAt(account)) < 0) taken = middle + 1;
        else high = middle;
      }
      merged.set(sorted.subarray(from, taken), from + at);
      merged[taken + at] = account;
    }
    merged.set(sorted.subarray(taken), taken + added.length);
    this.sorted = merged;
    return merged;
  }

  /** By number of a type, its place among all of them by name. */
  placesOfTypes(): Uint32Array {
    const byName = Array.from({ length: this.typeCount() }, (_, number) => number);
    byName.sort((a, b) => compareIds(this.typeName(a), this.typeName(b)));
    const places = new Uint32Array(byName.length);
    for (const [place, number] of byName.entries()) places[number] = place;
    return places;
  }

  /** A column in digits of 16 bits, the least significant first. */
  digitsOf(column: 'tokens' | 'slots' | 'versions'): readonly ((row: Row) => number)[] {
    // As all processors that Node runs on store numbers.
    const digits = new Uint16Array(this[column].buffer);
    return [0, 1, 2, 3].map((place) => (row: Row) => digits[4 * row + place] ?? 0);
  }

  /** Of the account's latest update at the instant of `state`. */
  seqOf(row: Row): bigint {
    return BigInt(this.seqs[row] ?? 0) + (this.first ?? 0n);
  }

  /** The row with this number. */
  rowOf(seq: bigint): Row {
    return this.rowsUntil(seq) - 1;
  }

  accountOf = (row: Row): number => this.accounts[row] ?? 0;
  idOf = (row: Row): string => this.ids[this.accountOf(row)] ?? '';
  typeOf = (row: Row): string => this.typeNames.name(this.types[row] ?? 0);
  typeNumberOf = (row: Row): number => this.types[row] ?? 0;
  runOf = (row: Row): string => this.runNames.name(this.runs[row] ?? 0);
  dueOf = (row: Row): number => this.dues[row] ?? 0;
  tokensOf = (row: Row): bigint => this.tokens[row] ?? 0n;
  slotOf = (row: Row): bigint => this.slots[row] ?? 0n;
  versionOf = (row: Row): bigint => this.versions[row] ?? 0n;
  /** The update that is the latest once `row` has made the state; below 0: none. */
  stateAfter = (row: Row): Row => (this.kinds[row] === RETRACTION ? (this.backs.get(row) ?? NONE) : row);
  isIndexed = (row: Row): boolean => this.kinds[row] === INDEXED;
  /** The account's indexed updates up to a row that made its state, the highest version first. */
  versionsUntil(row: Row): readonly Row[] {
    const rows: Row[] = [];
    let isInOrder = true;
    for (let at = row; at >= 0; at = this.before[at] ?? NONE) {
      if (this.isIndexed(at)) rows.push(at);
      else isInOrder = false;
    }
    if (isInOrder) return rows;
    return rows.sort(
      (a, b) =>
        compareBigints(this.slotOf(b), this.slotOf(a)) ||
        compareBigints(this.versionOf(b), this.versionOf(a)),
    );
  }
  typeNumber = (accountType: string): number | undefined => this.typeNames.known(accountType);
  accountNumber = (id: string): number | undefined => this.byId.get(id);
  typeCount = (): number => this.typeNames.size;
  typeName = (number: number): string => this.typeNames.name(number);

  /** @param until Offset of the instant. */
  stateOf(row: Row, until: number): Exclude<CallbackState, 'cancelled'> | 'cancelled by hand' {
    const settled = this.settledSeqs[row] ?? 0;
    if (settled === 0 || settled > until) return 'pending';
    return this.hows[row] === FIRED ? 'fired' : 'cancelled by hand';
  }

  private offset(seq: bigint): number {
    const offset = seq - (this.first ?? 0n);
    if (offset > MOST_SEQS) {
      throw new IngotError('invalid_input', 'This database holds too much for a look at its past.', {
        hint: `At most ${MOST_SEQS} updates and callbacks can be looked at as of an instant.`,
      });
    }
    return Number(offset);
  }

  private clamp(offset: bigint): number {
    return offset < 0n ? 0 : offset > MOST_SEQS ? MOST_SEQS : Number(offset);
  }

  /** How many updates have a number of at most `seq`. */
  private rowsUntil(seq: bigint): number {
    if (this.first === null || seq <= this.first) return 0;
    return countUpTo(this.seqs, this.count, this.clamp(seq - this.first));
  }

  private accountsUntil(rows: number): number {
    return countUpTo(this.created, this.created.length, rows - 1);
  }

  private hold(rows: number): void {
    const near = Math.min(Math.round(rows / CHECKPOINT), this.checkpoints.length);
    if (Math.abs(rows - near * CHECKPOINT) < Math.abs(rows - this.held)) {
      this.latest.fill(NONE);
      const kept = this.checkpoints[near - 1];
      if (kept) this.latest.set(kept);
      this.held = near * CHECKPOINT;
    }
    const { latest, accounts, before } = this;
    const { kinds } = this;
    for (let row = this.held; row < rows; row += 1) {
      if (kinds[row] !== STALE) latest[accounts[row] as number] = row;
    }
    for (let row = this.held - 1; row >= rows; row -= 1) {
      if (kinds[row] !== STALE) latest[accounts[row] as number] = before[row] as number;
    }
    this.held = rows;
  }

  private grow(): void {
    this.room = Math.max(1_024, this.room * 2);
    const wider = <T extends Uint32Array | Int32Array | Uint8Array | Float64Array | BigUint64Array>(
      column: T,
    ): T => {
      const wide = new (column.constructor as new (room: number) => T)(this.room);
      wide.set(column as never);
      return wide;
    };
    this.seqs = wider(this.seqs);
    this.accounts = wider(this.accounts);
    this.types = wider(this.types);
    this.runs = wider(this.runs);
    this.before = wider(this.before);
    this.settledSeqs = wider(this.settledSeqs);
    this.hows = wider(this.hows);
    this.kinds = wider(this.kinds);
    this.dues = wider(this.dues);
    this.tokens = wider(this.tokens);
    this.slots = wider(this.slots);
    this.versions = wider(this.versions);
  }
}

/** The accounts as they were at one instant. */
export class StateAt {
  /** Rows of the columns by then. */
  readonly rows: number;
  readonly indexed: number;
  readonly stale: number;
  /** Accounts that an update had come for, numbered in that order. Some may have no state, since their slots are dead. */
  readonly accounts: number;

  constructor(
    readonly columns: StateColumns,
    private readonly latest: Int32Array,
    private readonly counts: Readonly<Record<'rows' | 'indexed' | 'stale' | 'accounts' | 'until', number>>,
    /** By account, its row as of a place on the chain; null: its latest one. */
    private readonly chosen: Int32Array | null = null,
  ) {
    this.rows = counts.rows;
    this.indexed = counts.indexed;
    this.stale = counts.stale;
    this.accounts = counts.accounts;
  }

  /** The same, for as long as it is used. */
  keep(): StateAt {
    return new StateAt(this.columns, this.latest.slice(0, this.accounts), this.counts, this.chosen);
  }

  /** Accounts are as of a place on the chain; callbacks, and what was counted, stay as they are. */
  asOfCut(chosen: Int32Array): StateAt {
    return new StateAt(this.columns, this.latest, this.counts, chosen);
  }

  /** The account's update as of then; below 0: it has no state. */
  rowOf(account: number): Row {
    if (this.chosen !== null) return this.chosen[account] ?? NONE;
    return this.columns.stateAfter(this.madeBy(account));
  }

  /** The row that made the latest state of an account; below 0: none did. */
  madeBy(account: number): Row {
    return this.latest[account] ?? NONE;
  }

  /** Undefined if there was no such account. */
  find(id: string): Row | undefined {
    const account = this.columns.accountNumber(id);
    if (account === undefined || account >= this.accounts) return undefined;
    const row = this.rowOf(account);
    return row < 0 ? undefined : row;
  }

  countAccounts(): number {
    let count = 0;
    for (let account = 0; account < this.accounts; account += 1) if (this.rowOf(account) >= 0) count += 1;
    return count;
  }

  /** Of any row; `none`: it was not there, or is no indexed update. */
  fateOf(row: Row): CallbackState | 'none' {
    if (row < 0 || row >= this.rows || !this.columns.isIndexed(row)) return 'none';
    const state = this.columns.stateOf(row, this.counts.until);
    if (state === 'fired') return 'fired';
    const isLatest = this.madeBy(this.columns.accountOf(row)) === row;
    return state === 'pending' && isLatest ? 'pending' : 'cancelled';
  }

  /** Of a latest version. One that the account fell back to has none that waits. */
  callbackStateOf(row: Row): CallbackState {
    const fate = this.fateOf(row);
    return fate === 'none' ? 'cancelled' : fate;
  }

  countCallbacks(): Readonly<Record<CallbackState, number>> {
    let { fired } = this.columns.removed;
    let pending = 0;
    for (let row = 0; row < this.rows; row += 1) {
      if (this.columns.isIndexed(row) && this.columns.stateOf(row, this.counts.until) === 'fired') fired += 1;
    }
    for (let account = 0; account < this.accounts; account += 1) {
      if (this.fateOf(this.madeBy(account)) === 'pending') pending += 1;
    }
    return { pending, fired, cancelled: this.indexed - fired - pending };
  }
}
