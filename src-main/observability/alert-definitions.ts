import type { AlertSeverity, AlertStatus, AlertUnit } from '../../src-shared/alerts';
import type { ConnectionStatus } from '../../src-shared/connections';
import type { EpochMs } from '../../src-shared/update';
import type { RecentFigures } from './figures';
import type { MetricsState } from './metrics';
import { deliveryWaitMs, overdueMs, type VitalSigns } from './vitals';

const MINUTE_MS = 60_000;
const GIB = 1024 ** 3;
/** For how long a gap counts as new. */
const NEW_GAP_MS = 15 * MINUTE_MS;

/** How far back `Look.recent` goes. */
export const ALERT_WINDOW_MS = 5 * MINUTE_MS;

/** The state of the program at one moment, and the five minutes before. */
export interface Look extends Pick<MetricsState, 'runState' | 'progressedAtMs' | 'lastGapAtMs'> {
  readonly nowMs: EpochMs;
  readonly recent: RecentFigures;
  readonly signs: VitalSigns;
  /** Whether all callbacks are paused. */
  readonly held: boolean;
  /** To live sources, also those that have ended. */
  readonly connections: readonly Pick<ConnectionStatus, 'state'>[];
}

/**
 * One alert as the app evaluates it. `ops/alerts.yml` has the same for Prometheus, and one more that the app cannot see: that the
 * program is gone. docs/operations.md has the runbooks. A test compares all three.
 */
export interface AlertDefinition {
  /** Never change it: silences and routes use it. */
  readonly name: `Ingot${string}`;
  /** For a person; also the heading of its runbook. */
  readonly title: string;
  readonly severity: AlertSeverity;
  readonly unit: AlertUnit;
  /** The value for the threshold; null if unknown, or the alert does not apply. */
  readonly measure: (look: Look) => number | null;
  readonly fires: 'above' | 'below';
  readonly threshold: number;
  /** How long the condition must hold before the alert fires. */
  readonly forMs: number;
  readonly describe: (value: string) => string;
  readonly runbook: Omit<AlertStatus['runbook'], 'page'>;
}

const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
const seconds = (ms: number | undefined) => (ms === undefined ? null : ms / 1000);
const freeBytes = ({ signs }: Look) => signs.disk?.freeBytes ?? null;

export const ALERTS: readonly AlertDefinition[] = [
  {
    name: 'IngotEventLoopDelay',
    title: 'The event loop is blocked',
    severity: 'warning',
    unit: 'seconds',
    measure: ({ recent }) => recent.loopDelayP90Ms / 1000,
    fires: 'above',
    // Ten times the delay in a burst of a hundred thousand callbacks.
    threshold: 0.25,
    forMs: 2 * MINUTE_MS,
    describe: (value) => `In one of ten seconds of the last 5 min, timers ran more than ${value} late.`,
    runbook: {
      meaning: 'Timers, callbacks and windows wait for the processor: the machine is busy, or swaps.',
      look: [
        'The load and the memory of the machine; `process_resident_memory_bytes` of Ingot.',
        'The batch sizes and the number of windows: `ingot_batch_size`, `ingot_feed_dropped_frames_total`.',
      ],
      act: ["Stop other programs that keep the machine busy, or slow down the run's arrival."],
    },
  },
  {
    name: 'IngotDatabaseDown',
    title: 'The database is down',
    severity: 'critical',
    unit: 'switch',
    measure: ({ signs }) => (signs.database.answers ? 1 : 0),
    fires: 'below',
    threshold: 1,
    // Ingot reopens a lost database itself after 0, 1 and 5 s.
    forMs: 30_000,
    describe: () => 'The database has not been open for 30 s: nothing is stored and no callback fires.',
    runbook: {
      meaning:
        'The database was lost and could not be opened again, or could not be opened at the start. What was acknowledged is on the disk.',
      look: [
        'The window, or `/readyz`: both say why it cannot be opened.',
        'The log, entries of the component `database`.',
        'With a Postgres server: whether it runs, and accepts this user.',
      ],
      act: [
        'Fix what the reason names (room on the disk, permissions, the other program that holds the directory), then press "Try again".',
        'If the directory is damaged, "Start afresh" sets it aside and restores a backup. Nothing is deleted.',
      ],
    },
  },
  {
    name: 'IngotDatabaseErrors',
    title: 'The database refuses statements',
    severity: 'warning',
    unit: 'ratio',
    // One error among the few statements of a quiet hour is no pattern.
    measure: ({ recent: { statementErrors, statements } }) =>
      statementErrors >= 5 ? statementErrors / statements : null,
    fires: 'above',
    threshold: 0.01,
    forMs: MINUTE_MS,
    describe: (value) => `${value} of the statements of the last 5 min failed; more than 1 % is too many.`,
    runbook: {
      meaning:
        'Statements fail again and again. A batch that failed was rolled back as a whole and is tried again or ends its run: nothing is half stored.',
      look: [
        '`sum by (sqlstate_class) (increase(ingot_database_errors_total[5m]))`: class 08 is the connection, 23 a constraint, 40 a serialization failure, 53 resources such as a full disk, 57 an operator or a time limit.',
        'The log, entries of level `error`: they carry the SQLSTATE and the run.',
      ],
      act: [
        'Class 53: free room or memory. Class 08 or 57: look at the server, or at what it is busy with.',
        'Class 23 or XX: keep the log and a copy of the data directory; it is a fault of Ingot or of the storage.',
      ],
    },
  },
  {
    name: 'IngotDiskSpaceLow',
    title: 'Little room on the disk',
    severity: 'warning',
    unit: 'bytes',
    measure: freeBytes,
    fires: 'below',
    // About what an hour of unpaced ingest needs, log included.
    threshold: 5 * GIB,
    forMs: 2 * MINUTE_MS,
    describe: (value) => `${value} are free on the disk with the data directory.`,
    runbook: {
      meaning: 'A long import may fill the disk. A full disk stops the run; what was acknowledged stays.',
      look: [
        'The database view: how large the database is, and how many backups there are.',
        '`predict_linear(ingot_disk_free_bytes[1h], 4 * 3600)`: what will be left in four hours at this pace.',
      ],
      act: [
        'Delete old backups, and `pg.aside-…` directories that are no longer needed.',
        'Free other space.',
      ],
    },
  },
  {
    name: 'IngotDiskAlmostFull',
    title: 'The disk is almost full',
    severity: 'critical',
    unit: 'bytes',
    measure: freeBytes,
    fires: 'below',
    // Twice the limit of `/readyz`: there is time to free space.
    threshold: GIB / 2,
    forMs: 30_000,
    describe: (value) => `Only ${value} are free on the disk with the data directory.`,
    runbook: {
      meaning: 'The next checkpoint or batch may find no room: then the database closes and the run stops.',
      look: ['What else fills the disk: `du -xh --max-depth 2` on its mount point.'],
      act: [
        'Pause or stop the run, free room, resume it.',
        'If the database has closed already: free room, then "Try again" in the window.',
      ],
    },
  },
  {
    name: 'IngotRejectRatio',
    title: 'Many records are rejected',
    severity: 'warning',
    unit: 'ratio',
    measure: ({ recent: { updates } }) => {
      const records = sumOf(updates);
      return records >= 100 ? updates.rejected / records : null;
    },
    fires: 'above',
    // The sample that ships with Ingot, taken from real data, has four in a hundred.
    threshold: 0.1,
    forMs: MINUTE_MS,
    describe: (value) =>
      `${value} of the records of the last 5 min were not valid; more than 10 % is too many.`,
    runbook: {
      meaning:
        'The source does not hold valid updates: a field has another name, a version is missing, a number is out of range.',
      look: [
        'Runs, then the run, then Rejects: each has its record, field and reason.',
        'Whether all have the same reason: then it is the format, not the data.',
      ],
      act: [
        'If the records name their fields differently, map those names: docs/sources.md says how.',
        'Fix the source and run it again: known updates count as duplicates and change nothing.',
      ],
    },
  },
  {
    name: 'IngotRunStuck',
    title: 'A run makes no progress',
    severity: 'critical',
    unit: 'seconds',
    measure: ({ nowMs, runState, progressedAtMs }) =>
      runState === 'running' ? (nowMs - progressedAtMs) / 1000 : null,
    fires: 'above',
    // Longer than any deadline except maintenance.
    threshold: 300,
    forMs: MINUTE_MS,
    describe: (value) =>
      `A run is under way, and for ${value} it has neither taken in a record nor fired a callback.`,
    runbook: {
      meaning:
        'The run says that it is running, yet no batch has been committed for more than five minutes. A run that is paused, or waits for its callbacks, does not count.',
      look: [
        'The source: a pipe whose other end is silent, or a network drive that hangs.',
        'The arrival: a gap of more than five minutes between records looks the same from outside.',
        'Whether the database is down or its disk is full.',
      ],
      act: [
        'Stop the run and resume it: it continues at its checkpoint, nothing doubled, nothing skipped.',
        'If gaps of that length are normal, silence this alert for that instance.',
      ],
    },
  },
  {
    name: 'IngotCallbacksLate',
    title: 'Callbacks fire late',
    severity: 'warning',
    unit: 'seconds',
    measure: ({ recent }) => seconds(recent.latenessMs?.p99),
    fires: 'above',
    // Ten milliseconds or so are usual, even under load.
    threshold: 1,
    forMs: 2 * MINUTE_MS,
    describe: (value) =>
      `One callback in a hundred of the last 5 min fired more than ${value} after it was due.`,
    runbook: {
      meaning:
        'Callbacks fire, but later than they should: the database or the event loop does not keep up, or many fell due while the program was not running.',
      look: [
        'Whether an unpaced run is under way: batches and claims share the database.',
        '`ingot_database_statement_duration_seconds` of the claim, and `ingot_event_loop_delay_seconds`.',
        'Whether Ingot was started just now: what fell due before counts as late.',
      ],
      act: [
        'Give the run a slower arrival, or the database a faster disk.',
        'After a start it resolves by itself once the overdue callbacks have fired.',
      ],
    },
  },
  {
    name: 'IngotCallbacksOverdue',
    title: 'Callbacks are overdue',
    severity: 'critical',
    unit: 'seconds',
    // Paused callbacks are overdue on purpose.
    measure: ({ signs, held }) => (held ? null : overdueMs(signs) / 1000),
    fires: 'above',
    // The limit of `/readyz`.
    threshold: 60,
    forMs: MINUTE_MS,
    describe: (value) => `The oldest pending callback was due ${value} ago and has not fired.`,
    runbook: {
      meaning: 'Callbacks do not fire although nobody holds them: nothing claims them, or claiming fails.',
      look: [
        'Whether another alert fires: without a database nothing is claimed.',
        'The log, entries of the component `callbacks`.',
      ],
      act: ['Restart Ingot: each overdue callback fires at the start, once.'],
    },
  },
  {
    name: 'IngotDeliveriesBehind',
    title: 'Deliveries are behind',
    severity: 'warning',
    unit: 'seconds',
    measure: ({ signs }) => deliveryWaitMs(signs) / 1000,
    fires: 'above',
    // Eight attempts have failed by then.
    threshold: 300,
    forMs: MINUTE_MS,
    describe: (value) => `The oldest delivery that waits was tried first ${value} ago and has failed since.`,
    runbook: {
      meaning: 'A target does not take what it gets. Nothing is lost: it is tried again with growing pauses.',
      look: [
        'Targets in the window, or `ingot deliveries --waiting`: what it answers.',
        'Whether it is reached from here: Test, or `ingot targets test`.',
      ],
      act: [
        'Repair the receiver: what waits is delivered by itself.',
        'If it is gone for good, disarm the target.',
      ],
    },
  },
  {
    name: 'IngotDeliveriesDead',
    title: 'Deliveries are dead',
    severity: 'warning',
    unit: 'switch',
    measure: ({ signs }) => (signs.deliveries ? Math.min(1, signs.deliveries.dead) : null),
    fires: 'above',
    threshold: 0,
    forMs: MINUTE_MS,
    describe: () => 'Deliveries failed too often and are not tried again: a person must send them.',
    runbook: {
      meaning: 'A target refused a delivery until it was given up. It is kept until a person sends it again.',
      look: [
        'Targets in the window, Dead letters, or `ingot deliveries --dead`: what it answered.',
        'Whether the receiver is well now: Test, or `ingot targets test`.',
      ],
      act: [
        'Repair the receiver, then press "Resend all", or `ingot deliveries TARGET --resend all`.',
        'If nobody needs them, remove the target.',
      ],
    },
  },
  {
    name: 'IngotTargetHeld',
    title: 'A target cannot send',
    severity: 'warning',
    unit: 'switch',
    measure: ({ signs }) => (signs.deliveries ? Math.min(1, signs.deliveries.held) : null),
    fires: 'above',
    threshold: 0,
    forMs: MINUTE_MS,
    describe: () =>
      'A target is armed and sends nothing: its secret is missing or is no key, or its settings cannot be read.',
    runbook: {
      meaning: 'Nothing is sent to this target, and no attempt is made. Its callbacks stay in the history.',
      look: ['Targets in the window, or `ingot targets`: which target it is, and what it needs.'],
      act: [
        'Set the variable `INGOT_SECRET_NAME` and start Ingot again, or store the secret in the form of the target.',
        'If its stored settings cannot be read, add it again under its name, or remove it.',
        'Then disarm the target, and arm it with `ingot targets arm NAME --catch-up`: what fired meanwhile is sent too.',
      ],
    },
  },
  {
    name: 'IngotConnectionLost',
    title: 'A connection is lost',
    severity: 'warning',
    unit: 'switch',
    measure({ connections }) {
      const open = connections.filter(({ state }) => state !== 'ended');
      if (open.length === 0) return null;
      return open.some(({ state }) => state !== 'connected') ? 1 : 0;
    },
    fires: 'above',
    threshold: 0,
    // Some ten attempts have failed by then.
    forMs: 5 * MINUTE_MS,
    describe: () => 'For 5 min a connection has not been connected: what its source sends is not stored.',
    runbook: {
      meaning:
        'A live source cannot be reached, or refuses Ingot. It is tried again each half minute at least. A connection that was ended does not count.',
      look: [
        'Connections in the window: which one is lost, and why.',
        'Whether the source runs and is reached from this machine; whether its secret still counts.',
      ],
      act: [
        'Repair the source or the way to it: the connection goes on by itself where it was, and what does not come again is a gap.',
        'If its address or secret is another now, disconnect it and connect anew.',
      ],
    },
  },
  {
    name: 'IngotCoverageGap',
    title: 'Updates may be missing',
    severity: 'warning',
    unit: 'switch',
    measure: ({ nowMs, lastGapAtMs }) => (lastGapAtMs !== null && nowMs - lastGapAtMs < NEW_GAP_MS ? 1 : 0),
    fires: 'above',
    threshold: 0,
    forMs: 15_000,
    describe: () => 'In the last 15 min a connection recorded a gap: updates of its source may be missing.',
    runbook: {
      meaning:
        'What a source sent while its connection was lost did not come again, or the source itself had lost it: a file that was cut, a stream that was trimmed. What is stored is right. The alert resolves 15 min after the last gap; the gap stays.',
      look: [
        'Connections in the window, or `ingot coverage`: the slots of each gap, and its reason.',
        'Whether the connection is lost again and again: `increase(ingot_connection_losses_total[1h])`.',
      ],
      act: [
        'If what is missing is kept elsewhere, ingest it from there: known updates count as duplicates and change nothing.',
        'If gaps come with each loss, take a source that sends again from a slot, or a nearer one.',
      ],
    },
  },
];
