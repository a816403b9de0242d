import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** From a quarter of a millisecond: what a statement takes that finds everything in memory. */
const DURATIONS = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
const LATENESS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600, 86_400,
];
const LOOP_DELAYS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/**
 * Every metric of Ingot, on a registry of its own. docs/operations.md has the same table for people; a test holds
 * the two together. Base units; no label takes values from the data.
 */
export function createInstruments() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    updates: new Counter({
      name: 'ingot_updates_total',
      help: 'Records applied, by what became of them.',
      labelNames: ['outcome'],
      registers,
    }),
    callbacks: new Counter({
      name: 'ingot_callbacks_total',
      help: 'Callbacks that were scheduled, fired or cancelled.',
      labelNames: ['state'],
      registers,
    }),
    pending: new Gauge({
      name: 'ingot_callbacks_pending',
      help: 'Callbacks that wait in the database.',
      registers,
    }),
    overdue: new Gauge({
      name: 'ingot_callbacks_oldest_overdue_seconds',
      help: 'How long ago the oldest waiting callback was due; 0 if none is overdue.',
      registers,
    }),
    held: new Gauge({
      name: 'ingot_callbacks_held',
      help: '1 while all callbacks are paused, else 0.',
      registers,
    }),
    lateness: new Histogram({
      name: 'ingot_callback_lateness_seconds',
      help: 'How long after their due time callbacks fired.',
      buckets: LATENESS,
      registers,
    }),
    batchDuration: new Histogram({
      name: 'ingot_batch_duration_seconds',
      help: 'How long batches of updates took, as a whole and by step.',
      labelNames: ['step'],
      buckets: DURATIONS,
      registers,
    }),
    batchSize: new Histogram({
      name: 'ingot_batch_size',
      help: 'Records in a batch.',
      buckets: SIZES,
      registers,
    }),
    ingestLag: new Gauge({
      name: 'ingot_ingest_lag_seconds',
      help: 'How long after its planned arrival the first update of the last batch was on the disk, or has waited so far.',
      registers,
    }),
    runState: new Gauge({
      name: 'ingot_run_state',
      help: '1 for the state of the run under way or the last one, 0 for the others.',
      labelNames: ['state'],
      registers,
    }),
    runProgress: new Gauge({
      name: 'ingot_run_last_progress_timestamp_seconds',
      help: 'When the run last began, applied records, fired a callback or changed its state; 0 before the first.',
      registers,
    }),
    droppedFrames: new Counter({
      name: 'ingot_feed_dropped_frames_total',
      help: 'Frames of the feed that were not sent because their window had not taken the ones before.',
      registers,
    }),
    statementDuration: new Histogram({
      name: 'ingot_database_statement_duration_seconds',
      help: 'How long SQL statements took, waiting for their turn included.',
      labelNames: ['statement'],
      buckets: DURATIONS,
      registers,
    }),
    databaseErrors: new Counter({
      name: 'ingot_database_errors_total',
      help: 'Statements that failed, by the first two characters of their SQLSTATE; "none" without one.',
      labelNames: ['sqlstate_class'],
      registers,
    }),
    databaseUp: new Gauge({
      name: 'ingot_database_up',
      help: '1 if the database is open and answers, else 0.',
      registers,
    }),
    diskFree: new Gauge({
      name: 'ingot_disk_free_bytes',
      help: 'Room that is left on the disk with the data directory.',
      registers,
    }),
    diskSize: new Gauge({
      name: 'ingot_disk_size_bytes',
      help: 'Size of the disk with the data directory.',
      registers,
    }),
    loopDelay: new Histogram({
      name: 'ingot_event_loop_delay_seconds',
      help: 'The longest that the event loop was late, second by second.',
      buckets: LOOP_DELAYS,
      registers,
    }),
    alertsFiring: new Gauge({
      name: 'ingot_alerts_firing',
      help: '1 for each alert that fires as Ingot sees it by itself, 0 for the others.',
      labelNames: ['alert'],
      registers,
    }),
    buildInfo: new Gauge({
      name: 'ingot_build_info',
      help: 'Always 1; the labels say what runs.',
      labelNames: ['version', 'node', 'shell'],
      registers,
    }),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;
