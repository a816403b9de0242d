import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import { findPrometheus } from '../ensure-prometheus.mjs';

/** To catch a hang. */
const LONGEST_WAIT_MS = 240_000;
const ASK_EVERY_MS = 100;

/** Paths of Prometheus and promtool; undefined: this machine has none. */
export const programs = findPrometheus();
/** For the name of a skipped test. */
export const NO_PROMETHEUS =
  programs === undefined
    ? ' (skipped: no Prometheus on this machine, `node ops/ensure-prometheus.mjs` fetches one)'
    : '';

export const RULES = readFileSync(join(import.meta.dirname, '../alerts.yml'), 'utf8');

/** The rules with windows, durations and interval times `factor`, so that a test need not wait for minutes. */
export function scaleRules(factor: number): string {
  return RULES.replaceAll(/(\[|for: |interval: )(\d+)([ms])\b/g, (_match, before, count, unit) => {
    return `${before}${Math.round(Number(count) * (unit === 'm' ? 60_000 : 1000) * factor)}ms`;
  });
}

export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>;
  /** The instant in seconds, and the value as text. */
  readonly value: readonly [number, string];
}

export interface PrometheusAlert {
  readonly labels: { readonly alertname: string; readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
  readonly state: 'pending' | 'firing';
}

export interface Prometheus {
  /** @throws Error with Prometheus' message about the expression. */
  query(expr: string): Promise<readonly QueryResult[]>;
  /** Pending or firing ones. */
  alerts(): Promise<readonly PrometheusAlert[]>;
  close(): Promise<void>;
}

export interface PrometheusOptions {
  /** The path of the program. */
  readonly program: string;
  /** `host:port` of the job `ingot`. */
  readonly target: string;
  readonly scrapeEveryMs: number;
  readonly rules: string;
}

/** A real Prometheus on a free port, with its data in a temporary directory. Resolves once it answers. */
export async function startPrometheus({
  program,
  target,
  scrapeEveryMs,
  rules,
}: PrometheusOptions): Promise<Prometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'ingot-prometheus-'));
  const every = `${scrapeEveryMs}ms`;
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: ['alerts.yml'],
    scrape_configs: [{ job_name: 'ingot', static_configs: [{ targets: [target] }] }],
  };
  await writeFile(join(directory, 'alerts.yml'), rules);
  await writeFile(join(directory, 'prometheus.yml'), stringify(config));
  const address = `127.0.0.1:${await findFreePort()}`;
  const child = spawn(
    program,
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const close = async () => {
    await end(child);
    await rm(directory, { recursive: true });
  };

  const ask = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(`http://${address}/api/v1/${path}`)).json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data: unknown;
    };
    if (answer.status !== 'success') throw new Error(answer.error);
    return answer.data;
  };
  try {
    await untilSo(async () => (await fetch(`http://${address}/-/ready`)).ok);
  } catch (error) {
    await close();
    throw new Error(`Prometheus does not answer: ${said}`, { cause: error });
  }
  return {
    async query(expr) {
      const { result } = (await ask(`query?query=${encodeURIComponent(expr)}`)) as {
        readonly result: readonly QueryResult[];
      };
      return result;
    },
    async alerts() {
      const { alerts } = (await ask('alerts')) as { readonly alerts: readonly PrometheusAlert[] };
      return alerts;
    },
    close,
  };
}

export type AlertState = 'inactive' | 'pending' | 'firing' | 'resolved';

/** Each look reports every change since the last one, and returns the state of each alert ever seen. */
export function followAlerts(
  prometheus: Pick<Prometheus, 'alerts'>,
  tell: (name: string, state: AlertState, alert: PrometheusAlert | undefined) => void,
): () => Promise<ReadonlyMap<string, AlertState>> {
  const states = new Map<string, AlertState>();
  return async () => {
    const alerts = new Map((await prometheus.alerts()).map((alert) => [alert.labels.alertname, alert]));
    for (const name of new Set([...states.keys(), ...alerts.keys()])) {
      const alert = alerts.get(name);
      const before = states.get(name) ?? 'inactive';
      // Prometheus lists only pending or firing ones.
      const gone = before === 'pending' ? 'inactive' : before === 'firing' ? 'resolved' : before;
      const now = alert?.state ?? gone;
      if (now === before) continue;
      states.set(name, now);
      tell(name, now, alert);
    }
    return states;
  };
}

/**
 * Retries until true.
 * @throws Error after a limit, caused by the last failure.
 */
export async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  const latestMs = Date.now() + LONGEST_WAIT_MS;
  let failure: unknown;
  while (Date.now() < latestMs) {
    try {
      if (await isSo()) return;
    } catch (error) {
      failure = error;
    }
    await pause(ASK_EVERY_MS);
  }
  throw new Error('it did not happen in time', { cause: failure });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Prometheus does not print a port that it chose itself. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  return address.port;
}

/** Runs promtool in a directory with these files: whether it succeeded, and its output. */
export function runPromtool(files: Readonly<Record<string, string>>, args: readonly string[]) {
  if (!programs) throw new Error('there is no promtool here');
  const directory = mkdtempSync(join(tmpdir(), 'ingot-promtool-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const { status, stdout, stderr } = spawnSync(programs.promtool, args, {
      cwd: directory,
      encoding: 'utf8',
    });
    return { ok: status === 0, said: stdout + stderr };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
