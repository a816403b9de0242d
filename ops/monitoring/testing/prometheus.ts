import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { stringify } from 'yaml';
import { programs } from './promtool';

/** A bound that catches a hang. */
const LONGEST_WAIT_MS = 60_000;
const ASK_EVERY_MS = 100;

export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>;
  /** The instant in seconds, and the value as text. */
  readonly value: readonly [number, string];
}

export interface Prometheus {
  /** @throws Error with what Prometheus says against the expression. */
  query(expr: string): Promise<readonly QueryResult[]>;
  /** The alerts that are pending or fire, as `name state`, in order. */
  alerts(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface PrometheusOptions {
  /** `host:port` of what is scraped as the job `ingot`. */
  readonly target: string;
  readonly scrapeEveryMs: number;
  readonly rules: string;
}

/** A real Prometheus on a free port, its data in a directory that goes with it. Resolves once it answers. */
export async function startPrometheus({
  target,
  scrapeEveryMs,
  rules,
}: PrometheusOptions): Promise<Prometheus> {
  if (!programs) throw new Error('there is no Prometheus here');
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
    programs.prometheus,
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
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${said}`);
      return (await fetch(`http://${address}/-/ready`)).ok;
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async query(expr) {
      const { result } = (await ask(`query?query=${encodeURIComponent(expr)}`)) as {
        readonly result: readonly QueryResult[];
      };
      return result;
    },
    async alerts() {
      const { alerts } = (await ask('alerts')) as {
        readonly alerts: readonly {
          readonly labels: { readonly alertname: string };
          readonly state: string;
        }[];
      };
      return alerts.map(({ labels, state }) => `${labels.alertname} ${state}`).sort();
    },
    close,
  };
}

/** Asks again and again until the answer is yes, or a bound that catches a hang. */
export function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  return vi.waitFor(
    async () => {
      if (!(await isSo())) throw new Error('it has not come to that');
    },
    { timeout: LONGEST_WAIT_MS, interval: ASK_EVERY_MS },
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** It prints no port that it chose by itself. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  return address.port;
}
