import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';

/** A bound that catches a hang. */
const LONGEST_WAIT_MS = 100_000;
const ASK_EVERY_MS = 100;

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
  /** @throws Error with what Prometheus says against the expression. */
  query(expr: string): Promise<readonly QueryResult[]>;
  /** Those that are pending or fire. */
  alerts(): Promise<readonly PrometheusAlert[]>;
  close(): Promise<void>;
}

export interface PrometheusOptions {
  /** The path of the program. */
  readonly program: string;
  /** `host:port` of what is scraped as the job `ingot`. */
  readonly target: string;
  readonly scrapeEveryMs: number;
  readonly rules: string;
}

/** A real Prometheus on a free port, its data in a directory that goes with it. Resolves once it answers. */
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
    await untilSo(async () => {
      return (await fetch(`http://${address}/-/ready`)).ok;
    });
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

/**
 * Asks again and again until the answer is yes.
 * @throws Error after a bound that catches a hang, with what a question failed with last.
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
  throw new Error('it has not come to that', { cause: failure });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Prometheus prints no port that it chose by itself. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  return address.port;
}
