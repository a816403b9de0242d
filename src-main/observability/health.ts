import type { ConnectionStatus } from '../../src-shared/connections';
import type { Health, HealthCheck } from '../../src-shared/health';
import type { EpochMs } from '../../src-shared/update';
import { landedMigrations } from '../storage/landed-migrations';
import { overdueMs, type VitalSigns, type Vitals } from './vitals';

/** An event loop that is blocked for longer answers too late. */
export const LONGEST_LOOP_DELAY_MS = 1_000;
/** How far back the longest delay is looked for. */
export const LOOP_WINDOW_SECONDS = 10;
/** With less, a checkpoint may find no room for the pages that it writes, and the database is lost. */
export const LEAST_FREE_BYTES = 256 * 2 ** 20;
/** A burst of a hundred thousand callbacks takes a quarter of this, and so does a claim that is tried again. */
export const LONGEST_OVERDUE_MS = 60_000;

/** Connecting again is tried each half minute at least. */
const LONGEST_LOSS_MS = 60_000;

export interface HealthDeps {
  readonly vitals: Vitals;
  /** The longest delay of the event loop over the last `LOOP_WINDOW_SECONDS`, in milliseconds; null: not measured. */
  readonly loopDelayMs: () => number | null;
  readonly firing: () => Firing;
  /** Omitted: this program has none. */
  readonly connections?: () => readonly ConnectionStatus[];
  readonly nowMs?: () => EpochMs;
}

/** What fires due callbacks: the engine; nothing while they are paused, or while no program runs. */
export type Firing = 'engine' | 'held' | 'nobody';

/** Whether Ingot is ready for work, check by check. Never rejects. */
export type CheckHealth = () => Promise<Health>;

export function createHealth({
  vitals,
  loopDelayMs,
  firing,
  connections = () => [],
  nowMs = () => 0,
}: HealthDeps): CheckHealth {
  return async () => {
    const signs = await vitals.read();
    const delayMs = loopDelayMs();
    return judge([
      checkDatabase(signs),
      checkMigrations(signs),
      ...(delayMs === null ? [] : [checkEventLoop(delayMs)]),
      ...(signs.disk ? [checkDisk(signs.disk.freeBytes)] : []),
      checkCallbacks(signs, firing()),
      ...checkConnections(connections(), nowMs()),
    ]);
  };
}

export function judge(checks: readonly HealthCheck[]): Health {
  return { status: checks.every(({ ok }) => ok) ? 'ready' : 'not ready', checks };
}

function checkDatabase({ database }: Pick<VitalSigns, 'database'>): HealthCheck {
  if (!database.answers) return { name: 'database', ok: false, reason: database.reason };
  const { afterMs } = database;
  return {
    name: 'database',
    ok: true,
    reason: `The database answers, after ${afterMs < 1 ? 'less than 1' : Math.round(afterMs)} ms.`,
    value: afterMs / 1000,
    unit: 'seconds',
  };
}

function checkMigrations({ database }: Pick<VitalSigns, 'database'>): HealthCheck {
  const limit = landedMigrations.length;
  if (!database.answers) {
    return {
      name: 'migrations',
      ok: false,
      reason: 'The schema cannot be read without the database.',
      limit,
    };
  }
  const { schemaVersion: value } = database;
  const measured = { value, limit, unit: 'version' } as const;
  if (value === limit) {
    return { name: 'migrations', ok: true, reason: `The schema is current: version ${value}.`, ...measured };
  }
  const reason =
    value < limit
      ? `The schema is of version ${value}, this program's of ${limit}: the next start brings it up to date.`
      : `The schema is of version ${value}, newer than this program's ${limit}: use the Ingot that made it.`;
  return { name: 'migrations', ok: false, reason, ...measured };
}

function checkEventLoop(delayMs: number): HealthCheck {
  const ok = delayMs <= LONGEST_LOOP_DELAY_MS;
  const longest = `${Math.round(delayMs)} ms at most in the last ${LOOP_WINDOW_SECONDS} seconds`;
  return {
    name: 'event_loop',
    ok,
    reason: ok ? `The event loop is late by ${longest}.` : `The event loop is held up: by ${longest}.`,
    value: delayMs / 1000,
    limit: LONGEST_LOOP_DELAY_MS / 1000,
    unit: 'seconds',
  };
}

function checkDisk(freeBytes: number): HealthCheck {
  const ok = freeBytes >= LEAST_FREE_BYTES;
  const room = describeBytes(freeBytes);
  return {
    name: 'disk',
    ok,
    reason: ok
      ? `${room} are free on the disk with the data directory.`
      : `Only ${room} are free on the disk with the data directory: make room before the database stops.`,
    value: freeBytes,
    limit: LEAST_FREE_BYTES,
    unit: 'bytes',
  };
}

function checkCallbacks(signs: VitalSigns, firing: Firing): HealthCheck {
  const name = 'callbacks';
  const { database } = signs;
  if (!database.answers) {
    return { name, ok: false, reason: 'Waiting callbacks cannot be read without the database.' };
  }
  const { earliestDueMs, schemaVersion } = database;
  if (schemaVersion !== landedMigrations.length) {
    return { name, ok: false, reason: 'Waiting callbacks cannot be read from a schema of another version.' };
  }
  const lateMs = overdueMs(signs);
  const limit = LONGEST_OVERDUE_MS / 1000;
  const measured = { value: lateMs / 1000, limit, unit: 'seconds' } as const;
  if (lateMs === 0) {
    const reason =
      earliestDueMs === null ? 'No callback is pending on a clock that moves.' : 'No callback is overdue.';
    return { name, ok: true, reason, ...measured };
  }
  const overdue = `The oldest pending callback is overdue by ${describeSpan(lateMs)}`;
  if (firing === 'held') {
    return { name, ok: true, reason: `${overdue}: all callbacks are paused.`, ...measured };
  }
  const end = firing === 'nobody' ? ', and no Ingot is running to fire it.' : '.';
  return { name, ok: lateMs <= LONGEST_OVERDUE_MS, reason: `${overdue}${end}`, ...measured };
}

/** None without a connection. A short loss is usual. */
function checkConnections(all: readonly ConnectionStatus[], nowMs: EpochMs): readonly HealthCheck[] {
  const open = all.filter(({ state }) => state !== 'ended');
  if (open.length === 0) return [];
  const silentMs = ({ state, lastMessageAtMs, run }: ConnectionStatus) =>
    state === 'connected' ? 0 : nowMs - (lastMessageAtMs ?? run.startedAtMs);
  const lost = open.filter((one) => silentMs(one) > LONGEST_LOSS_MS);
  const reason =
    lost.length === 0
      ? 'No connection is lost.'
      : `${lost.map(({ run }) => run.source).join(', ')}: not connected for more than ${describeSpan(LONGEST_LOSS_MS)}.`;
  const measured = { value: lost.length, limit: 0, unit: 'connections' } as const;
  return [{ name: 'connections', ok: lost.length === 0, reason, ...measured }];
}

function describeBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1024 ? `${Math.floor(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

function describeSpan(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 600_000) return `${Math.round(ms / 1000)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
