import { describe, expect, it } from 'vitest';
import { type AlertPhase, alertsReportSchema } from '../../src-shared/alerts';
import type { ConnectionState, ConnectionStatus, CoverageRange } from '../../src-shared/connections';
import type { HostEvent } from '../../src-shared/feed';
import { runEvent, runStatus } from '../../src-shared/testing/events';
import { recordingLogger } from '../host/testing/recording-logger';
import { createVirtualClock } from '../time/testing/virtual-clock';
import { ALERTS } from './alert-definitions';
import { anchorOf, describeAlert, EVALUATE_EVERY_MS, formatValue, stepAlert, watchAlerts } from './alerts';
import { keepFigures } from './figures';
import { LEAST_FREE_BYTES, LONGEST_OVERDUE_MS } from './health';
import { countingMetrics } from './testing/counting-metrics';
import { exposedValue } from './testing/read-exposition';
import type { DatabaseVitals, DiskSpace } from './vitals';

const MINUTE_MS = 60_000;
const START_MS = 1_700_000_000_000;
const ANSWERS: DatabaseVitals = { answers: true, afterMs: 1, schemaVersion: 3, earliestDueMs: null };
const SILENT: DatabaseVitals = { answers: false, reason: 'The database is closed.' };

/** The alerts on real metrics and figures, in virtual time. */
function open() {
  const clock = createVirtualClock(START_MS);
  const { logger, entries } = recordingLogger();
  const state = {
    database: ANSWERS,
    disk: null as DiskSpace | null,
    /** How long its oldest delivery has waited; null: none waits. */
    waitedMs: null as number | null,
    dead: 0,
    targetsHeld: 0,
    connections: [] as { state: ConnectionState }[],
    loopDelayMs: 0,
    held: false,
    broken: false,
    looks: 0,
  };
  const signs = () => {
    const { database, disk, waitedMs, dead, targetsHeld } = state;
    const oldestWaitingMs = waitedMs === null ? null : clock.now() - waitedMs;
    return {
      atMs: clock.now(),
      database,
      disk,
      deliveries: { waiting: 1, dead, held: targetsHeld, oldestWaitingMs },
    };
  };
  const metrics = countingMetrics({ clock, vitals: { read: async () => signs() } });
  const loopDelay = { takeMs: () => state.loopDelayMs, close: () => undefined };
  const figures = keepFigures({ clock, metrics, loopDelay });
  const heard: HostEvent[] = [];
  const told: string[] = [];
  const alerts = watchAlerts({
    clock,
    logger,
    async look(windowMs) {
      state.looks += 1;
      if (state.broken) throw new Error('no figures');
      const recent = await figures.recent(windowMs);
      const { held, connections } = state;
      return { nowMs: clock.now(), recent, ...metrics.state(), signs: signs(), held, connections };
    },
    setFiring: (alert, isFiring) => metrics.instruments.alertsFiring.set({ alert }, isFiring ? 1 : 0),
    publish(events) {
      heard.push(...events);
      for (const event of events) {
        if (event.event === 'notice') told.push(`${clock.now() - START_MS} ${event.message}`);
      }
    },
  });
  const goOn = (ms: number) => clock.waitUntil(clock.now() + ms);
  const statusOf = (name: string) => alerts.report().alerts.find((alert) => alert.name === name);
  const exposed = async (alert: string) =>
    exposedValue(await metrics.expose(), 'ingot_alerts_firing', { alert });
  const statements = async (count: number, failing: number) => {
    for (let index = 0; index < count; index += 1) {
      const ask = () => (index < failing ? Promise.reject(new Error('refused')) : Promise.resolve());
      await metrics.observer.around('statement', { statement: 'insert' }, ask).catch(() => undefined);
    }
  };
  return { clock, alerts, metrics, heard, told, entries, state, goOn, statusOf, exposed, statements };
}
type Open = ReturnType<typeof open>;

const events = (event: 'rejected' | 'duplicate', count: number) =>
  Array.from({ length: count }, (_, record) => runEvent(event, { record }));
const fired = (count: number, latenessMs: number) =>
  Array.from({ length: count }, () => runEvent('fired', { latenessMs }));

interface Fault {
  readonly name: string;
  /** At the limit, or a case that resembles the fault. */
  readonly well: (app: Open) => void | Promise<void>;
  readonly ill: (app: Open) => void | Promise<void>;
  readonly says: string;
}

const overdueBy = ({ clock, state }: Open, ms: number | null) => {
  // Constant lateness while time passes.
  const late = { ...ANSWERS };
  Object.defineProperty(late, 'earliestDueMs', { get: () => (ms === null ? null : clock.now() - ms) });
  state.database = late;
};
const disk = (freeBytes: number) => ({ freeBytes, sizeBytes: 2 ** 40 });

const FAULTS: readonly Fault[] = [
  {
    name: 'IngotEventLoopDelay',
    well({ state }) {
      state.loopDelayMs = 250;
    },
    ill({ state }) {
      state.loopDelayMs = 475;
    },
    says: 'In one of ten seconds of the last 5 min, timers ran more than 475 ms late.',
  },
  {
    name: 'IngotDatabaseDown',
    async well({ state, goOn }) {
      state.database = SILENT;
      await goOn(29_000);
      state.database = ANSWERS;
    },
    ill({ state }) {
      state.database = SILENT;
    },
    says: 'The database has not been open for 30 s: nothing is stored and no callback fires.',
  },
  {
    name: 'IngotDatabaseErrors',
    async well({ statements, goOn }) {
      await statements(10, 4);
      await goOn(6 * MINUTE_MS);
      await statements(600, 6);
    },
    ill: ({ statements }) => statements(100, 100),
    says: '15.1 % of the statements of the last 5 min failed; more than 1 % is too many.',
  },
  {
    name: 'IngotDiskSpaceLow',
    well({ state }) {
      state.disk = disk(5 * 2 ** 30);
    },
    ill({ state }) {
      state.disk = disk(4 * 2 ** 30);
    },
    says: '4 GiB are free on the disk with the data directory.',
  },
  {
    name: 'IngotDiskAlmostFull',
    well({ state }) {
      state.disk = disk(2 ** 29);
    },
    ill({ state }) {
      state.disk = disk(2 ** 28);
    },
    says: 'Only 256 MiB are free on the disk with the data directory.',
  },
  {
    name: 'IngotRejectRatio',
    async well({ metrics, goOn }) {
      metrics.hear(events('rejected', 99));
      await goOn(6 * MINUTE_MS);
      metrics.hear([...events('rejected', 100), ...events('duplicate', 900)]);
      await goOn(6 * MINUTE_MS);
    },
    ill: ({ metrics }) => metrics.hear([...events('rejected', 100), ...events('duplicate', 300)]),
    says: '25 % of the records of the last 5 min were not valid; more than 10 % is too many.',
  },
  {
    name: 'IngotRunStuck',
    well: ({ metrics }) => metrics.hear([{ event: 'run', status: runStatus({ state: 'paused' }) }]),
    async ill({ metrics, goOn }) {
      metrics.hear([{ event: 'run', status: runStatus({ state: 'running' }) }]);
      await goOn(5 * MINUTE_MS);
    },
    says: 'A run is under way, and for 6 min 15 s it has neither taken in a record nor fired a callback.',
  },
  {
    name: 'IngotCallbacksLate',
    async well({ metrics, goOn }) {
      metrics.hear([...fired(99, 900), ...fired(1, 5_000)]);
      await goOn(6 * MINUTE_MS);
    },
    ill: ({ metrics }) => metrics.hear(fired(100, 1_900)),
    says: 'One callback in a hundred of the last 5 min fired more than 1.99 s after it was due.',
  },
  {
    name: 'IngotCallbacksOverdue',
    async well(app) {
      overdueBy(app, 60_000);
      await app.goOn(6 * MINUTE_MS);
      app.state.held = true;
      overdueBy(app, 3_600_000);
      await app.goOn(6 * MINUTE_MS);
      overdueBy(app, null);
      app.state.held = false;
    },
    ill: (app) => overdueBy(app, 135_000),
    says: 'The oldest pending callback was due 2 min 15 s ago and has not fired.',
  },
  {
    name: 'IngotDeliveriesBehind',
    well({ state }) {
      state.waitedMs = 300_000;
    },
    ill({ state }) {
      state.waitedMs = 390_000;
    },
    says: 'The oldest delivery that waits was tried first 6 min 30 s ago and has failed since.',
  },
  {
    name: 'IngotDeliveriesDead',
    well({ state }) {
      state.dead = 0;
    },
    ill({ state }) {
      state.dead = 3;
    },
    says: 'Deliveries failed too often and are not tried again: a person must send them.',
  },
  {
    name: 'IngotTargetHeld',
    well({ state }) {
      state.targetsHeld = 0;
    },
    ill({ state }) {
      state.targetsHeld = 1;
    },
    says: 'A target is armed and sends nothing: its secret is missing or is no key, or its settings cannot be read.',
  },
  {
    name: 'IngotConnectionLost',
    async well({ state, goOn }) {
      state.connections = [{ state: 'waiting' }, { state: 'ended' }];
      await goOn(4.5 * MINUTE_MS);
      state.connections = [{ state: 'connected' }, { state: 'ended' }];
    },
    async ill({ state, goOn }) {
      state.connections = [{ state: 'connected' }, { state: 'waiting' }];
      await goOn(MINUTE_MS);
      state.connections = [{ state: 'connected' }, { state: 'connecting' }];
    },
    says: 'For 5 min a connection has not been connected: what its source sends is not stored.',
  },
  {
    name: 'IngotCoverageGap',
    async well({ metrics, goOn }) {
      // A loss that the source makes up for; and a gap before it is old by then.
      metrics.hear([{ event: 'connection', status: { state: 'waiting' } as ConnectionStatus }]);
      await goOn(10 * MINUTE_MS);
    },
    async ill({ metrics, goOn }) {
      metrics.hear([{ event: 'gap', range: {} as CoverageRange }]);
      await goOn(14 * MINUTE_MS);
    },
    says: 'In the last 15 min a connection recorded a gap: updates of its source may be missing.',
  },
];

describe('each alert', () => {
  it('is among these', () => {
    expect(FAULTS.map(({ name }) => name)).toEqual(ALERTS.map(({ name }) => name));
  });

  it.each(FAULTS)('$name: fires in its fault, not at its limit, and resolves after it', async (fault) => {
    const app = open();
    const { title = '', forMs = 0 } = ALERTS.find(({ name }) => name === fault.name) ?? {};
    const said = () => app.told.filter((text) => text.toLowerCase().includes(title.toLowerCase()));
    await fault.well(app);
    await app.goOn(3 * MINUTE_MS);
    expect(said()).toEqual([]);
    await fault.ill(app);
    await app.goOn(forMs + 2 * EVALUATE_EVERY_MS);
    expect(app.statusOf(fault.name)).toMatchObject({ state: { phase: 'firing' } });
    expect(said()).toEqual([expect.stringContaining(`${title}. ${fault.says}`)]);
    await fault.well(app);
    await app.goOn(5.5 * MINUTE_MS);
    expect(app.statusOf(fault.name)).toMatchObject({ state: { phase: 'resolved' }, description: null });
    expect(said()).toEqual([said()[0], expect.stringMatching(/^\d+ Resolved: /)]);
  });

  it('begins where health does, or earlier where there is time to act', () => {
    const thresholdOf = (name: string) => ALERTS.find((alert) => alert.name === name)?.threshold;
    expect(thresholdOf('IngotCallbacksOverdue')).toBe(LONGEST_OVERDUE_MS / 1000);
    expect(thresholdOf('IngotDiskAlmostFull')).toBe(2 * LEAST_FREE_BYTES);
    expect(thresholdOf('IngotDiskSpaceLow')).toBeGreaterThan(thresholdOf('IngotDiskAlmostFull') ?? 0);
  });

  it('is evaluated often enough to see that it holds for its time', () => {
    for (const { forMs } of ALERTS) {
      expect(forMs).toBeGreaterThanOrEqual(EVALUATE_EVERY_MS);
      expect(forMs % EVALUATE_EVERY_MS).toBe(0);
    }
  });

  it('has a name, a title, an anchor and a whole sentence of its own', () => {
    for (const keyOf of [(alert: (typeof ALERTS)[number]) => alert.name, anchorOf]) {
      expect(new Set(ALERTS.map(keyOf)).size).toBe(ALERTS.length);
    }
    for (const alert of ALERTS) {
      expect(anchorOf(alert)).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(describeAlert(alert, 1)).toMatch(/^[^{}]+\.$/);
    }
  });
});

describe('the alerts of a program', () => {
  it('tell every window once that one fires and once that it is resolved, however long it fires', async () => {
    const { metrics, heard, entries, goOn, exposed } = open();
    await goOn(MINUTE_MS);
    metrics.hear([...events('rejected', 100), ...events('duplicate', 300)]);
    await goOn(4 * MINUTE_MS);
    const message =
      'Many records are rejected. 25 % of the records of the last 5 min were not valid; more than 10 % is too many.';
    expect(heard).toEqual([{ event: 'notice', level: 'warning', message, alert: 'IngotRejectRatio' }]);
    expect(await exposed('IngotRejectRatio')).toBe(1);
    await goOn(3 * MINUTE_MS);
    expect(heard.slice(1)).toEqual([
      { event: 'notice', level: 'info', message: 'Resolved: many records are rejected.' },
    ]);
    expect(await exposed('IngotRejectRatio')).toBe(0);
    expect(entries.map(({ level, message: said, fields }) => `${level} ${said}: ${fields.alert}`)).toEqual([
      'warn an alert fires: IngotRejectRatio',
      'info an alert is resolved: IngotRejectRatio',
    ]);
  });

  it('are told as an error when something is not done that should be', async () => {
    const { heard, state, goOn } = open();
    state.database = SILENT;
    await goOn(MINUTE_MS);
    expect(heard).toMatchObject([
      { level: 'error', message: expect.stringMatching(/^The database is down\./) },
    ]);
  });

  it('say nothing while all is well', async () => {
    const { metrics, heard, goOn } = open();
    await goOn(MINUTE_MS);
    metrics.hear([...events('duplicate', 1000), ...events('rejected', 40)]);
    await goOn(10 * MINUTE_MS);
    expect(heard).toEqual([]);
  });

  it('are reported as the contract has them, those that fire first', async () => {
    const { alerts, state, goOn } = open();
    state.disk = disk(2 ** 28);
    await goOn(4 * EVALUATE_EVERY_MS);
    const report = alertsReportSchema.parse(alerts.report());
    expect(report.evaluatedAtMs).toBe(START_MS + 4 * EVALUATE_EVERY_MS);
    expect(report.alerts.map(({ name, state: { phase } }) => `${name} ${phase}`)).toEqual([
      'IngotDiskAlmostFull firing',
      'IngotDiskSpaceLow pending',
      ...ALERTS.filter(({ name }) => !name.startsWith('IngotDisk')).map(({ name }) => `${name} inactive`),
    ]);
    expect(report.alerts[0]).toMatchObject({
      description: 'Only 256 MiB are free on the disk with the data directory.',
      value: 2 ** 28,
      runbook: { page: 'docs/operations.md#the-disk-is-almost-full' },
    });
    expect(report.alerts[2]).toMatchObject({ description: null });
  });

  it('have no value where they do not apply', async () => {
    const app = open();
    const shownOf = (name: string) => app.statusOf(name)?.value;
    overdueBy(app, 40_000);
    await app.goOn(2 * EVALUATE_EVERY_MS);
    expect(shownOf('IngotCallbacksOverdue')).toBe(40);
    expect(shownOf('IngotRunStuck')).toBeNull();
    app.state.held = true;
    await app.goOn(EVALUATE_EVERY_MS);
    expect(shownOf('IngotCallbacksOverdue')).toBeNull();
  });

  it('continue after a look that failed, which counts for nothing', async () => {
    const { state, entries, told, goOn } = open();
    state.database = SILENT;
    state.broken = true;
    await goOn(10 * EVALUATE_EVERY_MS);
    expect(told).toEqual([]);
    expect(entries.length).toBeGreaterThan(0);
    state.broken = false;
    await goOn(5 * EVALUATE_EVERY_MS);
    expect(told).toEqual([expect.stringMatching(/^195000 The database is down\./)]);
  });

  it('are not evaluated once they are closed', async () => {
    const { alerts, state, goOn } = open();
    await goOn(3 * EVALUATE_EVERY_MS);
    alerts.close();
    const { looks } = state;
    await goOn(10 * EVALUATE_EVERY_MS);
    expect(state.looks).toBe(looks);
  });
});

describe('the phase of an alert', () => {
  /** Evaluated once a second, from 0. */
  function play(forMs: number, looks: readonly boolean[]): readonly AlertPhase[] {
    let phase: AlertPhase = { phase: 'inactive' };
    return looks.map((isHolding, second) => {
      phase = stepAlert(phase, isHolding, second * 1000, forMs);
      return phase;
    });
  }
  const names = (phases: readonly AlertPhase[]) => phases.map(({ phase }) => phase);

  it('is pending until the alert has held for its time, then firing', () => {
    expect(play(2000, [false, true, true, true, true])).toEqual([
      { phase: 'inactive' },
      { phase: 'pending', sinceMs: 1000 },
      { phase: 'pending', sinceMs: 1000 },
      { phase: 'firing', sinceMs: 1000, firedAtMs: 3000 },
      { phase: 'firing', sinceMs: 1000, firedAtMs: 3000 },
    ]);
  });

  it('starts again when the alert does not hold for one look', () => {
    const phases = play(2000, [true, true, false, true, true, true]);
    expect(names(phases)).toEqual(['pending', 'pending', 'inactive', 'pending', 'pending', 'firing']);
  });

  it('is firing at once when the alert need not hold for any time', () => {
    expect(play(0, [true])).toEqual([{ phase: 'firing', sinceMs: 0, firedAtMs: 0 }]);
  });

  it('is resolved at the first look that does not hold, remembers when, and can fire again', () => {
    const phases = play(1000, [true, true, false, false, true, true]);
    expect(names(phases)).toEqual(['pending', 'firing', 'resolved', 'resolved', 'pending', 'firing']);
    expect(phases[3]).toEqual({ phase: 'resolved', firedAtMs: 1000, resolvedAtMs: 2000 });
    expect(phases[5]).toEqual({ phase: 'firing', sinceMs: 4000, firedAtMs: 5000 });
  });
});

describe('a value in words', () => {
  it.each([
    [0.25, 'ratio', '25 %'],
    [0.01234, 'ratio', '1.23 %'],
    [0.0125, 'seconds', '12.5 ms'],
    [3.98, 'seconds', '3.98 s'],
    [135, 'seconds', '2 min 15 s'],
    [300, 'seconds', '5 min'],
    [7_380, 'seconds', '2 h 3 min'],
    [0, 'bytes', '0 B'],
    [512 * 2 ** 20, 'bytes', '512 MiB'],
    [4.5 * 2 ** 30, 'bytes', '4.5 GiB'],
    [0, 'switch', '0'],
  ] as const)('is, of %d as %s, %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });
});
