import type { ConnectionStatus } from '../../src-shared/connections';
import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import type { RunState } from '../../src-shared/update';
import type { KnownRun } from '../callbacks/known-run';
import { LIVE_IDENTITY } from '../ingestion/source-identity';
import { openRun, type RunAttempt, takeUp } from './attempt';
import type { LiveInput, OpenConnection } from './interface';
import { createLiveRecords } from './live-records';
import { createRun, type PreparedRun, type RunDeps } from './run';
import { findRunOfOrigin } from './sql/runs';
import { findLastRange } from './sql/slot-coverage';

export interface Connections {
  /**
   * Begins a run, or takes up the one that this connection had before. It connects, and again when it is lost.
   * @throws IngotError `conflict` if the connection is open.
   */
  open(input: LiveInput): Promise<OpenConnection>;
  /** Those that are open. */
  list(): readonly OpenConnection[];
  /** Ends all, since the process ends. */
  leave(): Promise<void>;
}

interface ConnectionsDeps extends Omit<RunDeps, 'endsWithRun'> {
  readonly runs: ReadonlyMap<string, KnownRun>;
  /** Stores the run, within `alone`. */
  readonly take: (begin: () => Promise<RunAttempt>) => Promise<RunAttempt>;
  readonly ended: (runId: string) => void;
}

export function createConnections(deps: ConnectionsDeps): Connections {
  const { db, clock } = deps;
  const open = new Map<string, OpenConnection & { readonly run: PreparedRun }>();
  /** Origins of those that are open or about to be. */
  const taken = new Set<string>();

  const begin = async (input: LiveInput, origin: string): Promise<OpenConnection> => {
    const { source, connection, settings, toRecord } = input;
    const logger = deps.logger.child({ component: 'engine', connection: connection.kind });
    const { idls } = settings;
    const identified = {
      name: source.name,
      fieldMap: 'canonical',
      idls,
      identify: async () => LIVE_IDENTITY,
    };
    const before = await findRunOfOrigin(db, origin);
    // With other settings its updates would be others.
    const goesOn =
      before &&
      before.state !== 'completed' &&
      JSON.stringify({ ...before.settings, idls }) === JSON.stringify(settings);
    const attempt = await deps.take(() =>
      goesOn
        ? takeUp({ db, clock }, identified, before.runId, {}, deps.runs.get(before.runId))
        : openRun({ db, clock }, identified, settings, origin),
    );
    const { run, live } = attempt;
    const last = await findLastRange(db, run.runId);
    let prepared: PreparedRun | null = null;
    const status = (): ConnectionStatus => {
      if (prepared === null) throw new IngotError('internal', 'The connection has not begun.');
      const recording = source.recording?.();
      return { run: prepared.status(), connection, ...records.figures(), ...(recording && { recording }) };
    };
    const tell = () => {
      if (prepared) deps.publish([{ event: 'connection', status: status() }]);
    };
    const records = createLiveRecords(source, {
      clock,
      logger,
      run,
      toRecord,
      earlier: live ?? null,
      coverage: {
        last: last?.range ?? null,
        gaps: last?.gaps ?? 0,
        next: live?.nextSlot ?? null,
        reason: whyGone(before?.state),
      },
      changed: tell,
      onGaps: (ranges) => deps.publish(ranges.map((range) => ({ event: 'gap', range }))),
    });
    const begun = createRun(
      {
        ...deps,
        endsWithRun: false,
        // It is not the run of the window.
        publish: (events: readonly EngineEvent[]) =>
          deps.publish(events.filter(({ event }) => event !== 'run')),
      },
      records,
      attempt,
    );
    prepared = begun;
    const ended = begun.ended.then(() => {
      open.delete(run.runId);
      taken.delete(origin);
      deps.ended(run.runId);
      return status();
    });
    const one = {
      run: begun,
      runId: run.runId,
      status,
      ended,
      disconnect() {
        begun.stop();
        return ended;
      },
    };
    open.set(run.runId, one);
    begun.begin(null);
    tell();
    return one;
  };

  return {
    async open(input) {
      const origin = JSON.stringify({ kind: 'connection', connection: input.connection });
      if (taken.has(origin)) {
        throw new IngotError('conflict', `${input.source.name} is connected already.`, {
          hint: 'Disconnect it first.',
        });
      }
      taken.add(origin);
      return begin(input, origin).catch((error: unknown) => {
        taken.delete(origin);
        throw error;
      });
    },
    list: () => [...open.values()],
    async leave() {
      const all = [...open.values()];
      for (const { run } of all) run.leave();
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

/** Why nothing came since the earlier attempt of the run. */
function whyGone(state: RunState | undefined): string {
  if (state === 'stopped') return 'It was disconnected.';
  return state === 'failed' ? 'The connection had failed.' : 'Ingot ended while it was connected.';
}
