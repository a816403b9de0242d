import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** How often the event loop is checked: shorter delays are not seen, and each check wakes a program at rest. */
export const LOOP_CHECKED_EVERY_MS = 50;

/** From a quarter of a millisecond: a statement that finds everything in memory. */
const DURATIONS = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
const LATENESS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600, 86_400,
];
const LOOP_DELAYS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/**
 * All metrics of Ingot, on a separate registry. docs/operations.md has the same table for people; a test compares both. Base
 * units; no label takes values from the data.
 */
export function createInstruments() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_CHECKED_EVERY_MS });
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: Label[]
  ) => new Histogram({ name, help, buckets, labelNames, registers });
  return {
    registry,
    updates: counter('ingot_updates_total', 'Records applied, by outcome.', 'outcome'),
    callbacks: counter('ingot_callbacks_total', 'Callbacks scheduled, fired or cancelled.', 'state'),
    pending: gauge('ingot_callbacks_pending', 'Callbacks that wait in the database.'),
    overdue: gauge(
      'ingot_callbacks_oldest_overdue_seconds',
      'How long ago the oldest waiting callback was due; 0 if none is overdue.',
    ),
    held: gauge('ingot_callbacks_held', '1 while all callbacks are paused, else 0.'),
    lateness: histogram(
      'ingot_callback_lateness_seconds',
      'How long after their due time callbacks fired.',
      LATENESS,
    ),
    deliveriesWaiting: gauge('ingot_deliveries_waiting', 'Deliveries that failed and are tried again.'),
    deliveriesOldest: gauge(
      'ingot_deliveries_oldest_waiting_seconds',
      'How long ago the oldest delivery that waits was tried first; 0 if none waits.',
    ),
    deliveriesDead: gauge('ingot_deliveries_dead', 'Deliveries that failed too often and wait for a person.'),
    targetsHeld: gauge(
      'ingot_targets_held',
      'Armed targets that cannot send: a secret is missing, or their settings cannot be read.',
    ),
    batchDuration: histogram(
      'ingot_batch_duration_seconds',
      'Duration of batches of updates, in total and by step.',
      DURATIONS,
      'step',
    ),
    batchSize: histogram('ingot_batch_size', 'Records in a batch.', SIZES),
    ingestLag: gauge(
      'ingot_ingest_lag_seconds',
      'How long after its planned arrival the first update of the last batch was on the disk, or has waited so far.',
    ),
    runState: gauge('ingot_run_state', '1 for the state of the current or last run, 0 for others.', 'state'),
    runProgress: gauge(
      'ingot_run_last_progress_timestamp_seconds',
      'When the run last began, applied records, settled a callback or changed its state; 0 before the first.',
    ),
    connections: gauge('ingot_connections', 'Connections to live sources that are open, by state.', 'state'),
    connectionLagSlots: gauge(
      'ingot_connection_lag_slots',
      'How many slots the last stored update is behind the head, of the connection that is furthest behind.',
    ),
    connectionLag: gauge(
      'ingot_connection_lag_seconds',
      'How long the oldest message waits that was received and is not stored.',
    ),
    connectionRate: gauge(
      'ingot_connection_updates_per_second',
      'Updates that all connections received, over the last seconds.',
    ),
    connectionLosses: counter('ingot_connection_losses_total', 'How often a connection was lost.'),
    connectionGaps: counter('ingot_connection_gaps_total', 'Gaps in the coverage of connections.'),
    updateRequests: counter(
      'ingot_update_requests_total',
      'Requests of other programs that post updates to /api/updates, by the status of the answer.',
      'status',
    ),
    removedUpdates: counter(
      'ingot_history_removed_updates_total',
      'Old versions that retention removed from the history.',
    ),
    droppedFrames: counter(
      'ingot_feed_dropped_frames_total',
      'Frames of the feed that were not sent because their window had not taken the ones before.',
    ),
    statementDuration: histogram(
      'ingot_database_statement_duration_seconds',
      'Duration of SQL statements, including the wait for their turn.',
      DURATIONS,
      'statement',
    ),
    databaseErrors: counter(
      'ingot_database_errors_total',
      'Statements that failed, by the first two characters of their SQLSTATE; "none" without one.',
      'sqlstate_class',
    ),
    databaseUp: gauge('ingot_database_up', '1 if the database is open and answers, else 0.'),
    diskFree: gauge('ingot_disk_free_bytes', 'Free space on the disk with the data directory.'),
    diskSize: gauge('ingot_disk_size_bytes', 'Size of the disk with the data directory.'),
    loopDelay: histogram(
      'ingot_event_loop_delay_seconds',
      'The longest delay of the event loop, second by second.',
      LOOP_DELAYS,
    ),
    alertsFiring: gauge('ingot_alerts_firing', '1 for each alert that fires in the app, else 0.', 'alert'),
    buildInfo: gauge('ingot_build_info', 'Always 1; the labels say what runs.', 'version', 'node', 'shell'),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;
