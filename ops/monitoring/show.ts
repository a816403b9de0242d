import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERTS } from '../../src-main/observability/alerts/definitions';
import { type AlertState, followAlerts } from './follow-alerts';
import { findFreePort, type PrometheusAlert, startPrometheus, untilSo } from './prometheus';
import { renderRules } from './rules';

const PROVOKED = 'IngotRejectRatio';
const TIME_SCALE = 0.02;
const GAP_MS = 5;
/** So many records come while three in four have no version, and so many while all have one. */
const ILL = 800;
const WELL = 2_000;
const REJECTED_ALL = `sum(ingot_updates_total{outcome="rejected"}) >= ${(ILL * 3) / 4}`;

export interface ShowOptions {
  readonly root: string;
  /** The path of Prometheus. */
  readonly program: string;
  readonly say: (line: string) => void;
}

/**
 * Provokes an alert in the real program and lets a real Prometheus see it: a source whose records lose their versions
 * and get them back. Says what happens, with the seconds since the run began.
 * @throws Error if the alert does not fire, or does not resolve.
 */
export async function showAlert({ root, program, say }: ShowOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'ingot-show-'));
  const file = join(directory, 'updates.ndjson');
  await writeFile(file, makeSource());
  const target = `127.0.0.1:${await findFreePort()}`;
  const prometheus = await startPrometheus({
    program,
    target,
    scrapeEveryMs: 300,
    rules: renderRules(ALERTS, { timeScale: TIME_SCALE }),
  });
  const ingot = startIngot(root, [file, '--port', target.split(':')[1] ?? '', '--delay', String(GAP_MS)]);
  try {
    await untilSo(async () => (await prometheus.query('sum(ingot_updates_total) > 0')).length > 0);
    const beganMs = Date.now();
    const tell = (text: string) =>
      say(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(5)} s  ${text}`);
    tell(`three records in four have no version, for ${(ILL * GAP_MS) / 1000} s`);
    const look = followAlerts(prometheus, (name, state, alert) => {
      if (name === PROVOKED) tell(describe(state, alert));
    });
    let isMended = false;
    await untilSo(async () => {
      const state = (await look()).get(PROVOKED);
      if (!isMended && (await prometheus.query(REJECTED_ALL)).length > 0) {
        isMended = true;
        tell('from here on all have one');
      }
      return state === 'resolved';
    });
  } finally {
    ingot.kill();
    if (ingot.exitCode === null) await once(ingot, 'exit');
    await prometheus.close();
    await rm(directory, { recursive: true });
  }
}

function makeSource(): string {
  return Array.from({ length: ILL + WELL }, (_, index) => {
    const isIll = index < ILL && index % 4 !== 0;
    const record = {
      id: `account-${index % 50}`,
      accountType: 'mint',
      tokens: index,
      callbackTimeMs: 100,
      data: {},
    };
    return `${JSON.stringify(isIll ? record : { ...record, version: index })}\n`;
  }).join('');
}

function startIngot(root: string, args: readonly string[]): ChildProcess {
  const web = join(root, 'ops/web.mjs');
  const always = ['--memory', '--no-open', '--arrival', 'sequential'];
  return spawn(process.execPath, [web, ...args, ...always], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function describe(state: AlertState, alert: PrometheusAlert | undefined): string {
  if (!alert) return `${PROVOKED} ${state}`;
  const { labels, annotations } = alert;
  const said = `${annotations.summary}: ${annotations.description} See ${annotations.runbook_url}`;
  return `${labels.alertname} ${state} (${labels.severity})${state === 'firing' ? `\n         ${said}` : ''}`;
}
