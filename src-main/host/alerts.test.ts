import { describe, expect, it } from 'vitest';
import { alertsReportSchema } from '../../src-shared/alerts';
import type { HostEvent } from '../../src-shared/feed';
import { runEvent } from '../../src-shared/testing/events';
import { ALERTS } from '../observability/alerts/definitions';
import { createMetrics } from '../observability/metrics';
import { exposedValue } from '../observability/testing/read-exposition';
import type { DatabaseVitals } from '../observability/vitals';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { openAlerts } from './alerts';
import { useConnectedHost } from './testing/connected-host';
import { recordingLogger } from './testing/recording-logger';

const MINUTE_MS = 60_000;
const ANSWERS: DatabaseVitals = { answers: true, afterMs: 1, schemaVersion: 3, earliestDueMs: null };
const SILENT: DatabaseVitals = { answers: false, reason: 'The database is closed.' };

/** The alerts on real metrics, in virtual time. */
function open() {
  const clock = createVirtualClock(1_700_000_000_000);
  const { logger, entries } = recordingLogger();
  const signs = { database: ANSWERS };
  const metrics = createMetrics({
    clock,
    vitals: { read: async () => ({ atMs: clock.now(), disk: null, ...signs }) },
    isHeld: () => false,
    build: { version: '1.2.3', shell: 'web' },
  });
  const heard: HostEvent[] = [];
  const alerts = openAlerts({
    clock,
    logger,
    metrics,
    publish: (events) => heard.push(...events),
    timeScale: 1,
  });
  const goOn = (ms: number) => clock.waitUntil(clock.now() + ms);
  const firing = async (alert: string) =>
    exposedValue(await metrics.expose(), 'ingot_alerts_firing', { alert });
  return { alerts, metrics, heard, entries, signs, goOn, firing };
}

const records = (event: 'rejected' | 'duplicate', count: number) =>
  Array.from({ length: count }, (_, record) => runEvent(event, { record }));

describe('a host with alerts', () => {
  it('tells every window once that many records are rejected, and once that it is over', async () => {
    const { metrics, heard, entries, goOn, firing } = open();
    await goOn(MINUTE_MS);
    metrics.hear(records('rejected', 100));
    metrics.hear(records('duplicate', 300));
    await goOn(4 * MINUTE_MS);
    expect(heard).toEqual([
      {
        event: 'notice',
        level: 'warning',
        message:
          'Many records are rejected. 25 % of the records of the last 5 min were not valid; more than 10 % is too many.',
      },
    ]);
    expect(await firing('IngotRejectRatio')).toBe(1);
    await goOn(10 * MINUTE_MS);
    expect(heard.slice(1)).toEqual([
      { event: 'notice', level: 'info', message: 'Over: many records are rejected.' },
    ]);
    expect(await firing('IngotRejectRatio')).toBe(0);
    expect(entries.map(({ message, fields }) => `${message}: ${fields.alert}`)).toEqual([
      'an alert fires: IngotRejectRatio',
      'an alert is over: IngotRejectRatio',
    ]);
  });

  it('says it as an error when something is not done that should be', async () => {
    const { heard, signs, goOn } = open();
    signs.database = SILENT;
    await goOn(MINUTE_MS);
    expect(heard).toMatchObject([
      { level: 'error', message: expect.stringMatching(/^The database is down\./) },
    ]);
  });

  it('hears of a burst of failures that nothing has failed before', async () => {
    const { metrics, heard, goOn } = open();
    const fail = () => Promise.reject(new Error('refused'));
    await metrics.observer.around('statement', { statement: 'insert' }, async () => undefined);
    await goOn(MINUTE_MS);
    for (let count = 0; count < 10; count += 1) {
      await metrics.observer.around('statement', { statement: 'insert' }, fail).catch(() => undefined);
    }
    await goOn(2 * MINUTE_MS);
    expect(heard).toMatchObject([
      { message: expect.stringMatching(/^The database refuses statements\. [\d.]+ % /) },
    ]);
  });

  it('has nothing to say while all is well', async () => {
    const { metrics, heard, goOn } = open();
    await goOn(MINUTE_MS);
    metrics.hear(records('duplicate', 1000));
    metrics.hear(records('rejected', 40));
    await goOn(60 * MINUTE_MS);
    expect(heard).toEqual([]);
  });
});

describe('the contract', () => {
  const connected = useConnectedHost();

  it('has every alert that the app can see, with what to do about it', async () => {
    const report = alertsReportSchema.parse(await connected().client.call('operations.alerts', {}));
    expect(report.alerts.map(({ name }) => name).sort()).toEqual(
      ALERTS.filter(({ seenBy }) => seenBy !== 'prometheus')
        .map(({ name }) => name)
        .sort(),
    );
  });
});
