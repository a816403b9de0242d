import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFolder } from '../../src-main/database/testing/each-database';
import type { TestClient } from '../../src-main/host/testing/test-client';
import { useWebServer } from '../../src-main/shells/web/testing/serve';
import {
  NO_PROMETHEUS,
  type Prometheus,
  programs,
  RULES,
  scaleRules,
  startPrometheus,
  untilSo,
} from './prometheus';

/** Windows of 6 s instead of 5 min, and an evaluation every 300 ms. */
const TIME_SCALE = 0.02;

const { panels } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../grafana-dashboard.json'), 'utf8'),
) as {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
};
/** With the panel, and Grafana's values for its variables. */
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    expr: expr
      .replaceAll('$__rate_interval', '20s')
      .replaceAll('$job', 'ingot')
      .replaceAll('$instance', '.*'),
  })),
);

// One sequence on one Prometheus: each test continues from the one before.
describe.skipIf(!programs)(`a Prometheus that reads the web shell${NO_PROMETHEUS}`, () => {
  const dataDir = createTestFolder();
  const workers: Worker[] = [];
  const noteWorker = (worker: Worker) => workers.push(worker);
  process.on('worker', noteWorker);
  const served = useWebServer(() => ({
    target: { kind: 'data-dir', dataDir },
    alertTimeScale: TIME_SCALE,
  }));
  let prometheus: Prometheus;
  let client: TestClient;
  let closeSocket: () => void;

  beforeAll(async () => {
    prometheus = await startPrometheus({
      program: programs?.prometheus ?? '',
      target: new URL(served().origin).host,
      scrapeEveryMs: 300,
      rules: scaleRules(TIME_SCALE),
    });
    const { client: opened, socket } = await served().socket();
    client = opened;
    closeSocket = () => socket.close();
    client.subscribe(null);
  });
  afterAll(async () => {
    process.off('worker', noteWorker);
    closeSocket();
    await prometheus.close();
  });

  let nextVersion = 1;
  /** One run of records, `bad` of them without a version. */
  const feed = async (good: number, bad: number) => {
    const records = Array.from({ length: good + bad }, (_, index) => ({
      id: `account-${index % 20}`,
      accountType: 'mint',
      tokens: 1,
      callbackTimeMs: 0,
      data: {},
      ...(index < good && { version: nextVersion++ }),
    }));
    const { uploadId } = JSON.parse((await served().upload(records)).body);
    const { runId } = await client.call('run.start', {
      source: { kind: 'upload', uploadId },
      settings: { arrival: 'none' },
    });
    await client.untilFrame(({ status }) => status?.runId === runId && status.state === 'completed');
  };
  const stateOf = async (name: string) =>
    (await prometheus.alerts()).find(({ labels }) => labels.alertname === name)?.state ?? 'inactive';
  const notices = () => client.events().flatMap((event) => (event.event === 'notice' ? [event.message] : []));
  const untilNotice = (text: string) => untilSo(async () => notices().some((one) => one.startsWith(text)));

  it('finds every metric that an alert looks at', async () => {
    await feed(10, 0);
    const names = [...new Set([...RULES.matchAll(/\bingot_\w+/g)].map(([name]) => name))];
    expect(names.length).toBeGreaterThan(5);
    const found = async () =>
      (await prometheus.query(`group by (__name__) ({job="ingot"})`)).map(({ metric }) => metric.__name__);
    await untilSo(async () => {
      const there = await found();
      return names.every((name) => there.includes(name));
    });
    // A slow machine may miss one scrape.
    await untilSo(async () => (await prometheus.query('up{job="ingot"}'))[0]?.value[1] === '1');
  });

  it('fires the alert of rejected records while a source is full of them, as the app does by itself', async () => {
    await untilSo(async () => {
      await feed(20, 60);
      const { alerts } = await client.call('operations.alerts', {});
      const inApp = alerts.find(({ name }) => name === 'IngotRejectRatio');
      const outside = await stateOf('IngotRejectRatio');
      return outside === 'firing' && inApp?.state.phase === 'firing';
    });
    await untilNotice('Many records are rejected. ');
  });

  it.each(queries)('has an answer to $title: $expr', async ({ expr }) => {
    await untilSo(async () => {
      const result = await prometheus.query(expr);
      const isThere = result.some(({ value: [, text] }) => Number.isFinite(Number(text)));
      // A rate needs continuous activity, however long the queries take.
      if (!isThere) await feed(20, 60);
      return isThere;
    });
  });

  it('resolves it once the source is mended', async () => {
    await untilSo(async () => {
      await feed(40, 0);
      return (await stateOf('IngotRejectRatio')) === 'inactive';
    });
    await untilNotice('Resolved: many records are rejected.');
  });

  it('fires the alert of the database when its files are gone and its thread has ended, until they are back', async () => {
    renameSync(join(dataDir, 'pg'), join(dataDir, 'gone'));
    await workers.at(-1)?.terminate();
    await untilSo(async () => (await stateOf('IngotDatabaseDown')) === 'firing');
    await untilNotice('The database is down. ');
    renameSync(join(dataDir, 'gone'), join(dataDir, 'pg'));
    await untilSo(async () => (await stateOf('IngotDatabaseDown')) === 'inactive');
    await untilNotice('Resolved: the database is down.');
    expect(await client.call('database.state', {})).toMatchObject({ phase: 'open' });
  });
});
