import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  openOtlpReceiver,
  type ReceivedSpan,
} from '../../src-main/observability/tracing/testing/otlp-receiver';
import type { Clock } from '../../src-main/time/clock';
import type { DrivenShell } from '../drive/shells';
import { findFreePort, followAlerts, scaleRules, startPrometheus, untilSo } from '../monitoring/prometheus';

/** Alert windows and durations are a fiftieth: a minute is 1.2 s. */
const TIME_SCALE = 0.02;
const SCRAPE_EVERY_MS = 300;
const LOOK_EVERY_MS = 200;
/** The provoked alert: the program is stopped until it fires. */
const PROVOKED = 'IngotDown';

export interface MonitoringOptions {
  /** The path of Prometheus. */
  readonly prometheus: string;
  readonly clock: Clock;
  /** For log files: created, and kept. */
  readonly folder: string;
  /** Receives events as they happen. */
  readonly note: (line: string) => void;
}

export interface Monitored {
  /** Updates by outcome, at Prometheus' last scrape. */
  readonly updates: Readonly<Record<string, number>>;
  readonly scrapes: number;
  readonly spans: readonly ReceivedSpan[];
  readonly logLines: Readonly<Record<string, number>>;
  /** Lines with a trace's id. */
  readonly logLinesTraced: number;
  readonly breaches: readonly string[];
}

/** All monitoring of one driven program. */
export interface Monitoring {
  /** For starting the program. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Watches the alerts, and after `faultAfterMs` stops the program until one fires. */
  begin(shell: DrivenShell, faultAfterMs: number): void;
  /** Resolves when the alert is over and Prometheus has seen this many answered updates: the program must not end before. */
  readonly seen: (updates: number) => Promise<void>;
  /** Call it once the program has ended. */
  end(updates: number): Promise<Monitored>;
  close(): Promise<void>;
}

/** Starts a Prometheus that scrapes and evaluates the alerts, and a collector for the traces. */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { clock, folder, note } = options;
  const logDir = join(folder, 'logs');
  mkdirSync(logDir, { recursive: true });
  const port = await findFreePort();
  const receiver = await openOtlpReceiver();
  const prometheus = await startPrometheus({
    program: options.prometheus,
    target: `127.0.0.1:${port}`,
    scrapeEveryMs: SCRAPE_EVERY_MS,
    rules: scaleRules(TIME_SCALE),
  });
  const beganMs = clock.monotonicMs();
  const tell = (text: string) =>
    note(`${((clock.monotonicMs() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const lookAtAlerts = followAlerts(prometheus, (name, state, alert) => {
    const said = state === 'firing' ? `: ${alert?.annotations.description}` : '';
    tell(`${name} ${state}${alert ? ` (${alert.labels.severity})` : ''}${said}`);
  });
  let isOver = false;
  let watching: Promise<void> = Promise.resolve();
  let wasProvoked = false;
  let wasResolved = false;

  const watch = async (pid: number, faultAfterMs: number) => {
    const firstMs = clock.monotonicMs();
    let isStopped = false;
    try {
      while (!isOver) {
        const state = (await lookAtAlerts()).get(PROVOKED);
        if (!wasProvoked && clock.monotonicMs() - firstMs >= faultAfterMs) {
          wasProvoked = isStopped = true;
          process.kill(pid, 'SIGSTOP');
          tell('the program is stopped; updates go on coming');
        } else if (isStopped && state === 'firing') {
          isStopped = false;
          process.kill(pid, 'SIGCONT');
          tell('the program goes on');
        } else if (wasProvoked && !isStopped && state === 'resolved') {
          wasResolved = true;
        }
        await pause(LOOK_EVERY_MS);
      }
    } finally {
      if (isStopped) process.kill(pid, 'SIGCONT');
    }
  };

  const readUpdates = async (): Promise<Monitored['updates']> => {
    const counted = await prometheus.query('sum by (outcome) (max_over_time(ingot_updates_total[1h]))');
    return Object.fromEntries(counted.map(({ metric, value }) => [metric.outcome ?? '', Number(value[1])]));
  };
  const lastOf = async (expr: string) => Number((await prometheus.query(expr))[0]?.value[1] ?? 0);

  return {
    flags: ['--metrics-port', String(port)],
    env: {
      ...receiver.env,
      INGOT_LOG_FILE_LEVEL: 'debug',
      INGOT_LOG_DIR: logDir,
    },
    begin({ pid }, faultAfterMs) {
      if (pid === undefined) throw new Error('the program has no process');
      watching = watch(pid, faultAfterMs);
      // Handled by the waiter for the alert, and at the end.
      watching.catch(() => {});
    },
    // A failure while watching is reported at once.
    seen: (updates) =>
      Promise.race([untilSo(async () => wasResolved && sumOf(await readUpdates()) === updates), watching]),
    async end(expected) {
      isOver = true;
      await watching;
      const updates = await readUpdates();
      const sum = sumOf(updates);
      const breaches: string[] = [];
      if (sum !== expected) breaches.push(`Prometheus read ${sum} updates of ${expected} that were answered`);
      if (receiver.faults.length > 0) breaches.push(`traces that cannot be read: ${receiver.faults[0]}`);
      return {
        updates,
        scrapes: await lastOf('sum(count_over_time(up{job="ingot"}[1h]))'),
        spans: receiver.spans(),
        ...readLogs(logDir),
        breaches,
      };
    },
    async close() {
      isOver = true;
      await watching.catch(() => {});
      await prometheus.close();
      await receiver.close();
    },
  };
}

const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((one, other) => one + other, 0);

function readLogs(directory: string): Pick<Monitored, 'logLines' | 'logLinesTraced'> {
  const logLines: Record<string, number> = {};
  let logLinesTraced = 0;
  for (const name of readdirSync(directory)) {
    for (const line of readFileSync(join(directory, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const { level, trace_id } = JSON.parse(line) as { level: string; trace_id?: string };
      logLines[level] = (logLines[level] ?? 0) + 1;
      if (trace_id !== undefined) logLinesTraced += 1;
    }
  }
  return { logLines, logLinesTraced };
}
