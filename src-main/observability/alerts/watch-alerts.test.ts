import { describe, expect, it } from 'vitest';
import { alertsReportSchema } from '../../../src-shared/alerts';
import { recordingLogger } from '../../host/testing/recording-logger';
import { createVirtualClock } from '../../time/testing/virtual-clock';
import { EVALUATE_EVERY_MS } from './alert';
import { ALERTS } from './definitions';
import type { AlertChange } from './evaluator';
import type { Reading } from './series-store';
import { watchAlerts } from './watch-alerts';

const START_MS = 1_700_000_000_000;

/** A watch whose metrics the test sets. */
function openWatch() {
  const clock = createVirtualClock(START_MS);
  const { logger, entries } = recordingLogger();
  const changes: (AlertChange & { readonly atMs: number })[] = [];
  const metrics = new Map<string, number>([['ingot_database_up', 1]]);
  const state = { broken: false, reads: 0 };
  const watch = watchAlerts({
    clock,
    logger,
    alerts: ALERTS,
    async readMetrics(): Promise<readonly Reading[]> {
      state.reads += 1;
      if (state.broken) throw new Error('no metrics');
      return [...metrics].map(([metric, value]) => ({ metric, labels: {}, value }));
    },
    onChange: (change) => changes.push({ ...change, atMs: clock.now() - START_MS }),
  });
  const said = () => changes.map(({ to, alert, atMs }) => `${atMs} ${alert.name} ${to}`);
  const goOn = (looks: number) => clock.waitUntil(clock.now() + looks * EVALUATE_EVERY_MS);
  return { watch, metrics, entries, state, said, goOn };
}

describe('the alerts in the app', () => {
  it('say once that an alert fires and once that it is resolved, however long it fires', async () => {
    const { metrics, said, goOn } = openWatch();
    await goOn(2);
    metrics.set('ingot_database_up', 0);
    await goOn(40);
    expect(said()).toEqual(['75000 IngotDatabaseDown firing']);
    metrics.set('ingot_database_up', 1);
    await goOn(40);
    expect(said()).toEqual(['75000 IngotDatabaseDown firing', '645000 IngotDatabaseDown resolved']);
  });

  it('tell of every alert that the app can see, those that fire first, as the contract has it', async () => {
    const { watch, metrics, goOn } = openWatch();
    metrics.set('ingot_disk_free_bytes', 2 ** 28);
    await goOn(4);
    const report = alertsReportSchema.parse(watch.report());
    expect(report.evaluatedAtMs).toBe(START_MS + 4 * EVALUATE_EVERY_MS);
    expect(report.alerts.map(({ name, state }) => `${name} ${state.phase}`)).toEqual([
      'IngotDiskAlmostFull firing',
      'IngotDiskSpaceLow pending',
      ...ALERTS.filter(({ name, seenBy }) => seenBy !== 'prometheus' && !name.startsWith('IngotDisk')).map(
        ({ name }) => `${name} inactive`,
      ),
    ]);
    expect(report.alerts[0]).toMatchObject({
      description: 'Only 256 MiB are free on the disk with the data directory.',
      value: 2 ** 28,
      runbook: { page: 'docs/operations.md#the-disk-is-almost-full' },
    });
    expect(report.alerts[2]).toMatchObject({ description: null });
  });

  it('have no value where it does not matter: what is overdue on purpose, as little as a run that is none', async () => {
    const { watch, metrics, goOn } = openWatch();
    const shownOf = (name: string) => watch.report().alerts.find((alert) => alert.name === name)?.value;
    metrics.set('ingot_callbacks_oldest_overdue_seconds', 40);
    metrics.set('ingot_callbacks_held', 0);
    metrics.set('ingot_run_last_progress_timestamp_seconds', START_MS / 1000);
    await goOn(2);
    expect(shownOf('IngotCallbacksOverdue')).toBe(40);
    expect(shownOf('IngotRunStuck')).toBeNull();
    metrics.set('ingot_callbacks_held', 1);
    await goOn(1);
    expect(shownOf('IngotCallbacksOverdue')).toBeNull();
  });

  it('go on after metrics that could not be read, and count no look without them', async () => {
    const { metrics, state, entries, said, goOn } = openWatch();
    metrics.set('ingot_database_up', 0);
    state.broken = true;
    await goOn(10);
    expect(said()).toEqual([]);
    expect(entries.length).toBeGreaterThan(0);
    state.broken = false;
    await goOn(5);
    expect(said()).toEqual(['195000 IngotDatabaseDown firing']);
  });

  it('look no more once they are closed', async () => {
    const { watch, state, goOn } = openWatch();
    await goOn(3);
    watch.close();
    const { reads } = state;
    await goOn(10);
    expect(state.reads).toBe(reads);
  });
});
