import {
  type DatabaseState,
  type OpeningTrouble,
  readOnlyRefusal,
  type Setback,
  type TroubleKind,
} from '../../src-shared/database-state';
import { IngotError, isDiskFull, toWireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { HostEvent } from '../../src-shared/feed';
import type { DatabaseTarget } from '../storage/open-database';

/**
 * The life of the database behind the windows, as a pure function from state and event to state and effects.
 * `database-life.ts` runs the effects.
 *
 *   event      │ opening          │ open        │ replacing          │ still          │ trouble     │ closed
 *   ───────────┼──────────────────┼─────────────┼────────────────────┼────────────────┼─────────────┼──────────
 *   opened     │ open             │ –           │ open ²             │ –              │ –           │ released
 *   openFailed │ opening¹/trouble │ –           │ opening ³          │ –              │ –           │ –
 *   lost       │ – ⁴              │ opening ³   │ noted              │ noted          │ –           │ –
 *   workDone   │ opening ⁵        │ –           │ replacing/opening³ │ open/opening ³ │ –           │ released
 *   workFailed │ trouble ⁵        │ –           │ replacing/opening³ │ open/opening ³ │ –           │ released
 *   read       │ unavailable      │ yes         │ unavailable        │ yes            │ unavailable │ unavailable
 *   write      │ unavailable      │ yes ⁶       │ conflict           │ conflict       │ unavailable │ unavailable
 *   pause      │ yes              │ yes ⁶       │ yes                │ yes ⁶          │ yes         │ yes
 *   replace    │ unavailable      │ replacing ⁶ │ conflict           │ conflict       │ unavailable │ unavailable
 *   holdStill  │ unavailable      │ still       │ conflict           │ conflict       │ unavailable │ unavailable
 *   openAgain  │ conflict         │ conflict    │ conflict           │ conflict       │ opening     │ conflict
 *   close      │ closed           │ closed      │ closed             │ closed         │ closed      │ –
 *
 *   ¹ After a loss it is tried a few times, with longer and longer waits, unless the reason needs a person.
 *   ² Once the work has ended: then the engine opens on the new content.
 *   ³ By way of release and, if the reason needs a person, on to trouble without a try.
 *   ⁴ The attempt itself fails, and says so.
 *   ⁵ A person's remedy (setting a directory aside, naming another) runs before the attempt. If it fails, the
 *     trouble stays as it was.
 *   ⁶ `conflict` if the database was opened read-only. `replace` and `holdStill`: also while a run is under way; `replace`: also while
 *     a connection is open, which `holdStill` lets wait.
 *
 * A dash: it cannot happen, and changes nothing. Close lets work under way end; what it leaves is released then.
 */
export type LifeState =
  /** For the first time. */
  | { readonly phase: 'opening'; readonly why: 'start' }
  /** After a loss: `waitsMs` come before the attempts that are left; `cutOff` was under way. */
  | {
      readonly phase: 'opening';
      readonly why: 'lost';
      readonly message: string;
      readonly waitsMs: readonly number[];
      readonly cutOff: RunStatus | null;
    }
  /** A person asked for it. */
  | { readonly phase: 'opening'; readonly why: 'asked'; readonly before: OpeningTrouble }
  | { readonly phase: 'open'; readonly readOnly: boolean; readonly setback: Setback | null }
  /** `ended`: the work has, and this is what clients will hear; then the engine is being opened. */
  | {
      readonly phase: 'replacing';
      readonly change: ContentChange;
      readonly setback: Setback | null;
      readonly lost: OpeningTrouble | null;
      readonly ended: ContentChange | 'reopened' | null;
    }
  /** A backup is being made: reads are answered, nothing changes. */
  | {
      readonly phase: 'still';
      readonly readOnly: boolean;
      readonly setback: Setback | null;
      readonly lost: OpeningTrouble | null;
    }
  | { readonly phase: 'trouble'; readonly trouble: OpeningTrouble }
  | { readonly phase: 'closed' };

export type ContentChange = 'reset' | 'restored' | 'entered';

export interface Life {
  readonly state: LifeState;
  /** Where the last run that a loss cut off was resumed. */
  readonly resumed: { readonly runId: string; readonly records: number } | null;
}

export type LifeEvent =
  | { readonly type: 'opened'; readonly readOnly: boolean; readonly setback: Setback | null }
  | { readonly type: 'openFailed'; readonly trouble: OpeningTrouble }
  /** `run`: the one under way; null: none was. */
  | { readonly type: 'lost'; readonly trouble: OpeningTrouble; readonly run: RunStatus | null }
  /** The work of a replacement, of holding still, or of a remedy. */
  | { readonly type: 'workDone' | 'workFailed' }
  | { readonly type: 'read' | 'write' | 'pause' | 'openAgain' | 'close' }
  | {
      readonly type: 'replace';
      readonly change: ContentChange;
      readonly isBusy: boolean;
      /** A connection is open. */
      readonly isConnected: boolean;
    }
  | { readonly type: 'holdStill'; readonly isBusy: boolean };

export type Effect =
  /** Waits, then opens database and engine; ends with `opened`, or `openFailed` once it has released what it opened. */
  | { readonly do: 'open'; readonly afterMs: number; readonly afterLoss: boolean }
  /** Opens an engine on the database that is there; ends as `open` does. */
  | { readonly do: 'openEngine' }
  /** Clients forget what they have, and hear `change`. */
  | { readonly do: 'show'; readonly change: DatabaseChange | null }
  | { readonly do: 'tell'; readonly events: readonly HostEvent[] }
  /** Ends the engine in order, then closes the database, or abandons it if it was lost. */
  | { readonly do: 'release' }
  /** Ends with `openFailed`. */
  | { readonly do: 'giveUp'; readonly trouble: OpeningTrouble }
  | { readonly do: 'resumeRun'; readonly run: RunStatus }
  /** The last run's status says why it cannot continue. */
  | { readonly do: 'blameRun'; readonly failure: string };

type DatabaseChange = Extract<HostEvent, { event: 'database' }>['change'];

type Transition = { readonly life: Life; readonly effects: readonly Effect[] };

/** How a life begins: with an attempt to open. */
export const FIRST: Transition = {
  life: { state: { phase: 'opening', why: 'start' }, resumed: null },
  effects: [{ do: 'open', afterMs: 0, afterLoss: false }],
};

/** Before each attempt to open a lost database again. */
const REOPEN_AFTER_MS = [0, 1_000, 5_000, 30_000] as const;

export const REOPENED = 'The database is open again. Nothing acknowledged was lost.';
const NO_ROOM = 'No room is left on the disk. Free some, then press Resume: nothing acknowledged was lost.';

/** Opened on a full disk it would be lost again at once; opened where it is gone it would be a new, empty one. */
const NEEDS_PERSON: ReadonlySet<TroubleKind> = new Set(['disk_full', 'gone']);

export const notice = (level: 'info' | 'warning' | 'error', message: string): HostEvent => ({
  event: 'notice',
  level,
  message,
});
/** What clients hear until it is done. */
const UNDER_WAY = { reset: 'resetting', restored: 'restoring', entered: 'entering' } as const;
const changed = (change: DatabaseChange): HostEvent => ({ event: 'database', change });
const tell = (...events: readonly HostEvent[]): Effect => ({ do: 'tell', events });

/** @throws IngotError where a request is refused; an event that is no request never is. */
export function transition(life: Life, event: LifeEvent): Transition {
  const { state } = life;
  const go = (to: LifeState, ...effects: readonly Effect[]) => ({ life: { ...life, state: to }, effects });
  const unchanged: Transition = { life, effects: [] };

  const lose = (trouble: OpeningTrouble, cutOff: RunStatus | null): Transition => {
    // What another process took over is its own now. A lock that was only lost can be had again.
    const isHopeless = NEEDS_PERSON.has(trouble.kind) || trouble.kind === 'held';
    const { message } = trouble;
    const [afterMs, ...waitsMs] = REOPEN_AFTER_MS;
    return go(
      { phase: 'opening', why: 'lost', message, waitsMs: isHopeless ? [] : waitsMs, cutOff },
      tell(changed('lost'), notice('error', `The database was lost: ${message}`)),
      { do: 'release' },
      isHopeless ? { do: 'giveUp', trouble } : { do: 'open', afterMs, afterLoss: true },
    );
  };

  switch (event.type) {
    case 'opened': {
      const { readOnly, setback } = event;
      if (state.phase === 'closed') return go(state, { do: 'release' });
      if (state.phase === 'replacing' && state.ended) {
        const open = { phase: 'open', readOnly, setback: state.setback } as const;
        return go(open, { do: 'show', change: state.ended });
      }
      if (state.phase !== 'opening') return unchanged;
      const open = { phase: 'open', readOnly, setback } as const;
      if (state.why !== 'lost') {
        return go(open, { do: 'show', change: state.why === 'start' ? null : 'reopened' });
      }
      const [effect, resumed] = afterReopening(state.cutOff, life.resumed);
      return { life: { state: open, resumed }, effects: [{ do: 'show', change: 'reopened' }, effect] };
    }
    case 'openFailed': {
      const { trouble } = event;
      if (state.phase === 'replacing') return lose(state.lost ?? trouble, null);
      if (state.phase !== 'opening') return unchanged;
      const toTrouble = [{ phase: 'trouble', trouble }, tell(changed('trouble'))] as const;
      if (state.why !== 'lost') return go(...toTrouble);
      const [afterMs, ...waitsMs] = state.waitsMs;
      if (afterMs !== undefined && !NEEDS_PERSON.has(trouble.kind)) {
        return go({ ...state, waitsMs }, { do: 'open', afterMs, afterLoss: true });
      }
      if (state.cutOff === null || trouble.kind !== 'disk_full') return go(...toTrouble);
      const [to, news] = toTrouble;
      return go(to, { do: 'blameRun', failure: NO_ROOM }, news);
    }
    case 'lost':
      if (state.phase === 'open') return lose(event.trouble, event.run);
      if (state.phase === 'replacing' || state.phase === 'still') {
        return go({ ...state, lost: event.trouble });
      }
      return unchanged;
    case 'workDone':
    case 'workFailed': {
      const isDone = event.type === 'workDone';
      switch (state.phase) {
        case 'opening':
          if (state.why !== 'asked') return unchanged;
          if (!isDone) return go({ phase: 'trouble', trouble: state.before });
          return go(state, { do: 'open', afterMs: 0, afterLoss: false });
        case 'replacing': {
          if (state.ended) return unchanged;
          if (state.lost) return lose(state.lost, null);
          const setback = isDone && state.change !== 'entered' ? null : state.setback;
          return go({ ...state, setback, ended: isDone ? state.change : 'reopened' }, { do: 'openEngine' });
        }
        case 'still': {
          const { lost, readOnly, setback } = state;
          return lost ? lose(lost, null) : go({ phase: 'open', readOnly, setback });
        }
        case 'closed':
          return go(state, { do: 'release' });
        default:
          return unchanged;
      }
    }
    case 'read':
      if (state.phase !== 'open' && state.phase !== 'still') throw unavailable(state);
      return unchanged;
    case 'pause':
      refuseReadOnly(state);
      return unchanged;
    case 'write':
      refuseReadOnly(state);
      refuseUnlessOpen(state);
      return unchanged;
    case 'replace': {
      refuseReadOnly(state);
      const { setback } = idle(state, event);
      const { change } = event;
      if (event.isConnected) {
        throw new IngotError('conflict', 'A connection is open.', { hint: 'Disconnect it, then try again.' });
      }
      return go(
        { phase: 'replacing', change, setback, lost: null, ended: null },
        tell(changed(UNDER_WAY[change])),
      );
    }
    case 'holdStill':
      return go({ ...idle(state, event), phase: 'still', lost: null });
    case 'openAgain':
      if (state.phase === 'trouble') return go({ phase: 'opening', why: 'asked', before: state.trouble });
      throw new IngotError('conflict', 'The database is not waiting to be opened.');
    case 'close':
      if (state.phase === 'closed') return unchanged;
      return state.phase === 'open' ? go({ phase: 'closed' }, { do: 'release' }) : go({ phase: 'closed' });
  }
}

/**
 * A run that a loss cut off continues by itself, once for each batch: one that is cut off again before it got any
 * further would be resumed for ever, and is left to a person.
 */
function afterReopening(run: RunStatus | null, resumed: Life['resumed']): [Effect, Life['resumed']] {
  if (run === null) return [tell(notice('info', REOPENED)), resumed];
  const { runId, source, counts } = run;
  const { records } = counts;
  if (resumed?.runId !== runId || records > resumed.records) {
    return [
      { do: 'resumeRun', run },
      { runId, records },
    ];
  }
  const why = `The run of ${source} was cut off twice at record ${records}, so it was not resumed. Resume it when the cause is mended.`;
  return [tell(notice('warning', `${REOPENED} ${why}`)), resumed];
}

function refuseReadOnly(state: LifeState): void {
  if ('readOnly' in state && state.readOnly) throw readOnlyRefusal();
}

type Open = Extract<LifeState, { phase: 'open' }>;

function refuseUnlessOpen(state: LifeState): asserts state is Open {
  if (state.phase === 'open') return;
  if (state.phase === 'still') {
    throw new IngotError('conflict', 'A backup is being made.', { hint: 'Try again when it is done.' });
  }
  if (state.phase === 'replacing') throw new IngotError('conflict', unavailable(state).message);
  throw unavailable(state);
}

function idle(state: LifeState, { isBusy }: { readonly isBusy: boolean }): Open {
  refuseUnlessOpen(state);
  if (!isBusy) return state;
  throw new IngotError('conflict', 'A run is under way.', { hint: 'Stop it first, then try again.' });
}

function unavailable(state: LifeState): IngotError {
  const refuse = (message: string, hint: string | null) =>
    new IngotError('database_unavailable', message, hint === null ? {} : { hint });
  switch (state.phase) {
    case 'trouble':
      return refuse(state.trouble.message, state.trouble.hint);
    case 'replacing':
      return refuse(
        state.change === 'entered'
          ? 'Another space is being opened.'
          : `The database is being ${state.change}.`,
        'Try again when that is done.',
      );
    case 'closed':
      return refuse('The database is not open.', 'Ingot is about to end.');
    default:
      return refuse('The database is being opened.', 'Try again in a moment.');
  }
}

/** The state as clients see it. `heldBy` is set for a database that was opened read-only. */
export function describeState(state: LifeState, heldBy: ReadOnlyHolder): DatabaseState {
  switch (state.phase) {
    case 'opening':
      return { phase: 'opening', lost: state.why === 'lost' ? state.message : null };
    case 'open':
    case 'still':
      return { phase: 'open', setback: state.setback, ...(state.readOnly && { readOnly: { heldBy } }) };
    case 'replacing':
      return { phase: 'replacing', change: state.change };
    default:
      return state;
  }
}

type ReadOnlyHolder = NonNullable<Extract<DatabaseState, { phase: 'open' }>['readOnly']>['heldBy'];

/** What an error of opening means to a person: what went wrong, and what can be done about it. */
export function troubleOf(error: unknown, target: DatabaseTarget, nowMs: number): OpeningTrouble {
  const { message, details } = toWireError(error);
  const kind = kindOf(error);
  const dataDir = target.kind === 'data-dir' ? target.dataDir : null;
  return {
    kind,
    message,
    hint: details.hint ?? null,
    dataDir,
    sinceMs: nowMs,
    canStartAfresh: dataDir !== null && STARTS_AFRESH[kind],
  };
}

/** Without room or permission, nothing can be set aside either. */
const STARTS_AFRESH: Readonly<Record<TroubleKind, boolean>> = {
  held: false,
  damaged: true,
  postgres_version: true,
  not_a_database: true,
  not_writable: false,
  gone: false,
  schema_newer: true,
  schema_older: true,
  migration_changed: true,
  schema_taken: false,
  disk_full: false,
  unreachable: false,
};

function kindOf(error: unknown): TroubleKind {
  if (isDiskFull(error)) return 'disk_full';
  if (!(error instanceof IngotError)) return 'unreachable';
  return error.details.trouble ?? 'unreachable';
}
