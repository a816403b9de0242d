import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConnectionStatus, CoverageRange } from '../../src-shared/connections';
import { runEvent, runStatus } from '../../src-shared/testing/events';
import type { RunState } from '../../src-shared/update';
import type { Database, Statement } from '../database/database';
import { describeOnEachDatabase } from '../database/testing/each-database';
import { memorySource } from '../ingestion/testing/memory-source';
import { createEngine } from '../runs/engine';
import { update } from '../runs/testing/open-engine';
import { silentLogger, simulated } from '../runs/testing/play-run';
import { createSystemClock } from '../time/clock';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { observeDatabase } from './observe-database';
import { countingMetrics } from './testing/counting-metrics';
import { exposedValue, readExposition } from './testing/read-exposition';
import type { VitalSigns } from './vitals';

const WELL: VitalSigns = {
  atMs: 100_000,
  database: { answers: true, afterMs: 1, schemaVersion: 3, earliestDueMs: null },
  disk: null,
};

const open = (signs: VitalSigns = WELL) =>
  countingMetrics({ clock: createSystemClock(), vitals: { read: async () => signs } });

const fired = (latenessMs: number) => runEvent('fired', { latenessMs });

/** As far as metrics look at it. */
const connection = (changes: object) =>
  ({
    state: 'connected',
    slot: null,
    headSlot: null,
    lagMs: 0,
    updatesPerSecond: 0,
    ...changes,
  }) as ConnectionStatus;

it('counts connections, their losses and gaps, and how far the last is behind', async () => {
  const all = [
    connection({
      slot: '18446744073709551600',
      headSlot: '18446744073709551615',
      lagMs: 1500,
      updatesPerSecond: 4,
    }),
    connection({ state: 'waiting', updatesPerSecond: 2 }),
    connection({ state: 'ended', slot: '1', headSlot: '100' }),
  ];
  const metrics = countingMetrics({
    clock: createSystemClock(),
    vitals: { read: async () => WELL },
    connections: () => all,
  });
  const [, waiting] = all;
  metrics.hear([
    { event: 'connection', status: waiting as ConnectionStatus },
    { event: 'gap', range: {} as CoverageRange },
  ]);
  const text = await metrics.expose();
  expect(exposedValue(text, 'ingot_connections', { state: 'connected' })).toBe(1);
  expect(exposedValue(text, 'ingot_connections', { state: 'waiting' })).toBe(1);
  expect(exposedValue(text, 'ingot_connection_lag_slots')).toBe(15);
  expect(exposedValue(text, 'ingot_connection_lag_seconds')).toBe(1.5);
  expect(exposedValue(text, 'ingot_connection_updates_per_second')).toBe(6);
  expect(exposedValue(text, 'ingot_connection_losses_total')).toBe(1);
  expect(exposedValue(text, 'ingot_connection_gaps_total')).toBe(1);
});

describeOnEachDatabase('the metrics of a run', (openDatabase) => {
  const play = async (database: Database) => {
    const metrics = open();
    const engine = await createEngine({
      database: observeDatabase(database, metrics.observer),
      clock: createVirtualClock(),
      logger: silentLogger,
      observer: metrics.observer,
      endsWithRun: true,
    });
    engine.subscribe(metrics.hear);
    const source = memorySource([
      update('first-account', 2),
      update('first-account', 3),
      update('first-account', 1),
      update('first-account', 3),
      update('first-account', 3, { tokens: '6' }),
      { invalid: 'version: required' },
      update('second-account', 1),
    ]);
    const run = await engine.startRun(source, simulated());
    await run.ended;
    await engine.close();
    return metrics.expose();
  };

  it('count every update by its outcome, and every callback by its state', async () => {
    const text = await play(await openDatabase());
    const counts = (name: string) =>
      readExposition(text)
        .filter((sample) => sample.name === name)
        .map(({ labels, value }) => `${Object.values(labels)} ${value}`);
    expect(counts('ingot_updates_total')).toEqual([
      'indexed 3',
      'stale 1',
      'duplicate 1',
      'conflict 1',
      'rejected 1',
    ]);
    expect(counts('ingot_callbacks_total')).toEqual(['scheduled 3', 'fired 2', 'cancelled 1']);
    expect(exposedValue(text, 'ingot_callbacks_pending')).toBe(0);
    expect(exposedValue(text, 'ingot_callback_lateness_seconds_count')).toBe(2);
    expect(exposedValue(text, 'ingot_run_state', { state: 'completed' })).toBe(1);
    expect(exposedValue(text, 'ingot_run_state', { state: 'running' })).toBe(0);
    expect(exposedValue(text, 'ingot_run_last_progress_timestamp_seconds')).toBeGreaterThan(0);
  });

  it('time each batch, its steps and each statement', async () => {
    const text = await play(await openDatabase());
    const batches = exposedValue(text, 'ingot_batch_size_count');
    expect(exposedValue(text, 'ingot_batch_size_sum')).toBe(7);
    for (const step of ['total', 'classify', 'store', 'commit']) {
      expect(exposedValue(text, 'ingot_batch_duration_seconds_count', { step })).toBe(batches);
    }
    expect(exposedValue(text, 'ingot_batch_duration_seconds_count', { step: 'claim' })).toBeGreaterThan(0);
    const calls = (statement: string) =>
      exposedValue(text, 'ingot_database_statement_duration_seconds_count', { statement });
    expect(calls('commit')).toBe(batches);
    expect(calls('save_run_progress')).toBe(batches);
    expect(calls('insert_run')).toBe(1);
  });

  it('never name an account', async () => {
    const text = await play(await openDatabase());
    expect(text).not.toMatch(/first-account|second-account/);
  });

  it('count failed statements by the class of their SQLSTATE, and let the failure through', async () => {
    const database = await openDatabase();
    const metrics = open();
    const observed = observeDatabase(database, metrics.observer);
    const divide: Statement = { name: 'divide', deadline: 'read', text: 'SELECT 1 / 0' };
    await expect(observed.query(divide)).rejects.toMatchObject({ details: { sqlstate: '22012' } });
    await expect(observed.transaction((tx) => tx.query(divide))).rejects.toMatchObject({
      code: 'database_error',
    });
    const passedOver = observed.transaction((tx) => tx.query(divide).catch(() => 'passed over'));
    await expect(passedOver).rejects.toMatchObject({ details: { sqlstate: '25P02' } });
    const text = await metrics.expose();
    const errors = (sqlstate_class: string) =>
      exposedValue(text, 'ingot_database_errors_total', { sqlstate_class });
    expect(errors('22')).toBe(3);
    expect(errors('25')).toBe(1);
  });

  it('leave what a transaction gives and takes as it is', async () => {
    const database = await openDatabase();
    const observed = observeDatabase(database, open().observer);
    const result = await observed.transaction(async (tx) => {
      const { rows } = await tx.query<{ n: number }>(
        { name: 'one', deadline: 'read', text: 'SELECT $1::int4 AS n' },
        [7],
      );
      return rows[0]?.n;
    });
    expect(result).toBe(7);
    await expect(observed.transaction(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  });
});

describe('the metrics', () => {
  it('put lateness into buckets of seconds', async () => {
    const metrics = open();
    metrics.hear([fired(0), fired(1), fired(40), fired(700_000)]);
    const text = await metrics.expose();
    const upTo = (le: string) => exposedValue(text, 'ingot_callback_lateness_seconds_bucket', { le });
    expect([upTo('0.001'), upTo('0.05'), upTo('300'), upTo('3600'), upTo('+Inf')]).toEqual([2, 3, 3, 4, 4]);
    expect(exposedValue(text, 'ingot_callback_lateness_seconds_sum')).toBeCloseTo(700.041);
  });

  it('count pending callbacks from what waits in the database on, never below none', async () => {
    const metrics = open();
    metrics.setPending(1);
    metrics.hear([fired(0), fired(0)]);
    expect(exposedValue(await metrics.expose(), 'ingot_callbacks_pending')).toBe(0);
    metrics.setPending(40);
    metrics.hear([fired(0)]);
    expect(exposedValue(await metrics.expose(), 'ingot_callbacks_pending')).toBe(39);
  });

  it('add how late a batch began to how long it took, and let the lag grow while it is in hand', async () => {
    const metrics = open();
    let done = () => {};
    const applied = metrics.observer.around('batch', { runId: '1', records: 1, lateMs: 5_000 }, () => {
      return new Promise<void>((resolve) => {
        done = resolve;
      });
    });
    expect(exposedValue(await metrics.expose(), 'ingot_ingest_lag_seconds')).toBeGreaterThanOrEqual(5);
    done();
    await applied;
    expect(exposedValue(await metrics.expose(), 'ingot_ingest_lag_seconds')).toBeGreaterThanOrEqual(5);
  });

  it('know of no lag while a run is held back', async () => {
    const metrics = open();
    const enter = (state: RunState) => metrics.hear([{ event: 'run', status: runStatus({ state }) }]);
    enter('running');
    await metrics.observer.around('batch', { records: 1, lateMs: 5_000 }, async () => undefined);
    expect(metrics.state().ingestLagMs).toBeGreaterThanOrEqual(5_000);
    enter('paused');
    expect(metrics.state().ingestLagMs).toBe(0);
    await metrics.observer.around('batch', { records: 1, lateMs: 5_000 }, async () => undefined);
    expect(metrics.state().ingestLagMs).toBe(0);
  });

  it('say how long ago the oldest waiting callback was due', async () => {
    const earliestDueMs = WELL.atMs - 90_000;
    const metrics = open({
      ...WELL,
      database: { ...WELL.database, earliestDueMs } as VitalSigns['database'],
    });
    expect(exposedValue(await metrics.expose(), 'ingot_callbacks_oldest_overdue_seconds')).toBe(90);
  });

  it('say that the database is down, and nothing of a disk that there is none of', async () => {
    const metrics = open({ ...WELL, database: { answers: false, reason: 'It is gone.' } });
    const text = await metrics.expose();
    expect(exposedValue(text, 'ingot_database_up')).toBe(0);
    expect(exposedValue(text, 'ingot_disk_free_bytes')).toBeUndefined();
  });

  it('say what the disk has, and which program this is', async () => {
    const metrics = open({ ...WELL, disk: { freeBytes: 10, sizeBytes: 40 } });
    const text = await metrics.expose();
    expect(exposedValue(text, 'ingot_disk_free_bytes')).toBe(10);
    expect(exposedValue(text, 'ingot_disk_size_bytes')).toBe(40);
    expect(exposedValue(text, 'ingot_build_info', { version: '1.2.3', shell: 'web' })).toBe(1);
    expect(exposedValue(text, 'process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('keep the number of statements bounded', async () => {
    const metrics = open();
    for (let index = 0; index < 500; index += 1) {
      await metrics.observer.around('statement', { statement: `made_up_${index}` }, async () => undefined);
    }
    const names = new Set(
      readExposition(await metrics.expose()).flatMap(({ labels }) => labels.statement ?? []),
    );
    expect(names.size).toBe(201);
    expect(names).toContain('other');
  });

  it('are those of docs/operations.md, each with its labels', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
    const documented = [...docs.matchAll(/^\| `(ingot_\w+)(?:\{(\w+(?:, \w+)*)\})?` \|/gm)].map(
      ([, name, labels = '']) => `${name}{${labels}}`,
    );
    const { registry } = open().instruments;
    const real = registry
      .getMetricsAsArray()
      .filter(({ name }) => name.startsWith('ingot_'))
      .map((metric) => {
        const { labelNames } = metric as unknown as { labelNames: readonly string[] };
        return `${metric.name}{${labelNames.join(', ')}}`;
      });
    expect(documented.sort()).toEqual(real.sort());
  });
});
