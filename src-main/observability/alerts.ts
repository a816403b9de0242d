import type { AlertPhase, AlertStatus, AlertsReport, AlertUnit } from '../../src-shared/alerts';
import type { HostEvent } from '../../src-shared/feed';
import type { Alarm, Clock } from '../time/clock';
import { ALERT_WINDOW_MS, ALERTS, type AlertDefinition, type Look } from './alert-definitions';
import type { Logger } from './logger';

/** As often as Prometheus evaluates `ops/alerts.yml`. */
export const EVALUATE_EVERY_MS = 15_000;
/** The page with the runbooks. */
const RUNBOOK_PAGE = 'docs/operations.md';

/** The alerts as the app evaluates them. */
export interface Alerts {
  report(): AlertsReport;
  close(): void;
}

export interface AlertsDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The data for the alerts; `recent` covers `windowMs`. */
  readonly look: (windowMs: number) => Promise<Look>;
  /** Called with every alert at first, then with each change. */
  readonly setFiring: (alert: string, isFiring: boolean) => void;
  /** Every window is told once that an alert fires, and once that it is resolved. */
  readonly publish: (events: readonly HostEvent[]) => void;
  /** For tests: a factor for window, duration and interval. */
  readonly timeScale?: number | undefined;
}

/** Evaluates at once, then at every interval until closed. */
export function watchAlerts(deps: AlertsDeps): Alerts {
  const { clock, logger, look, setFiring, publish, timeScale = 1 } = deps;
  const everyMs = Math.round(EVALUATE_EVERY_MS * timeScale);
  const watched = ALERTS.map((alert) => ({
    alert,
    forMs: Math.round(alert.forMs * timeScale),
    phase: { phase: 'inactive' } as AlertPhase,
    value: null as number | null,
  }));
  let evaluatedAtMs: number | null = null;
  let alarm: Alarm;
  let closed = false;
  for (const { name } of ALERTS) setFiring(name, false);

  const tell = ({ alert, phase: { phase }, value }: (typeof watched)[number]) => {
    const { name, title, severity } = alert;
    setFiring(name, phase === 'firing');
    if (phase === 'resolved') {
      logger.info({ alert: name }, 'an alert is resolved');
      const message = `Resolved: ${title.charAt(0).toLowerCase()}${title.slice(1)}.`;
      publish([{ event: 'notice', level: 'info', message }]);
      return;
    }
    logger.warn({ alert: name, value, severity }, 'an alert fires');
    const level = severity === 'critical' ? 'error' : 'warning';
    publish([
      { event: 'notice', level, message: `${title}. ${describeAlert(alert, value ?? 0)}`, alert: name },
    ]);
  };
  const evaluate = async () => {
    try {
      const found = await look(ALERT_WINDOW_MS * timeScale);
      if (closed) return;
      evaluatedAtMs = found.nowMs;
      for (const one of watched) {
        const before = one.phase.phase;
        one.value = one.alert.measure(found);
        one.phase = stepAlert(one.phase, holds(one.alert, one.value), found.nowMs, one.forMs);
        const now = one.phase.phase;
        if (now !== before && (now === 'firing' || now === 'resolved')) tell(one);
      }
    } catch (error) {
      logger.error({ err: error }, 'the alerts could not be evaluated');
    }
  };
  const evaluateAndArm = async () => {
    const beganMs = clock.now();
    await evaluate();
    if (!closed) alarm = clock.setAlarm(beganMs + everyMs, evaluateAndArm);
  };
  alarm = clock.setAlarm(clock.now(), evaluateAndArm);

  return {
    report: () => ({
      evaluatedAtMs,
      evaluateEveryMs: everyMs,
      alerts: watched
        .map(({ alert, phase, value, forMs }) => statusOf(alert, phase, value, forMs))
        .sort((one, other) => rankOf(one) - rankOf(other)),
    }),
    close() {
      closed = true;
      alarm.clear();
    },
  };
}

export function holds({ fires, threshold }: AlertDefinition, value: number | null): boolean {
  if (value === null) return false;
  return fires === 'above' ? value > threshold : value < threshold;
}

/**
 * The next phase of an alert:
 *
 *   inactive ── holds ──▶ pending ── has held for `forMs` ──▶ firing ── no longer holds ──▶ resolved
 *      ▲                     │                                                                │
 *      └── no longer holds ──┘                        pending ◀── holds again ────────────────┘
 *
 * With a `forMs` of 0 it fires at once, as in Prometheus.
 */
export function stepAlert(before: AlertPhase, isHolding: boolean, nowMs: number, forMs: number): AlertPhase {
  if (!isHolding) {
    if (before.phase === 'firing') {
      return { phase: 'resolved', firedAtMs: before.firedAtMs, resolvedAtMs: nowMs };
    }
    return before.phase === 'pending' ? { phase: 'inactive' } : before;
  }
  if (before.phase === 'firing') return before;
  const sinceMs = before.phase === 'pending' ? before.sinceMs : nowMs;
  return nowMs - sinceMs >= forMs
    ? { phase: 'firing', sinceMs, firedAtMs: nowMs }
    : { phase: 'pending', sinceMs };
}

const rankOf = ({ state: { phase } }: AlertStatus) => (phase === 'firing' ? 0 : phase === 'pending' ? 1 : 2);

function statusOf(
  alert: AlertDefinition,
  state: AlertPhase,
  value: number | null,
  forMs: number,
): AlertStatus {
  const { name, title, severity, unit, threshold, runbook } = alert;
  const isOn = state.phase === 'pending' || state.phase === 'firing';
  return {
    name,
    title,
    severity,
    unit,
    forMs,
    value,
    threshold,
    description: isOn && value !== null ? describeAlert(alert, value) : null,
    state,
    runbook: { ...runbook, page: `${RUNBOOK_PAGE}#${anchorOf(alert)}` },
  };
}

/** The anchor of the runbook's heading, as Markdown renderers make it. */
export function anchorOf({ title }: Pick<AlertDefinition, 'title'>): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, '')
    .replaceAll(' ', '-');
}

export function describeAlert({ describe, unit }: AlertDefinition, value: number): string {
  return describe(formatValue(value, unit));
}

/** `12.5 %`, `4 min 10 s`, `1.4 GiB`: short, for a sentence. */
export function formatValue(value: number, unit: AlertUnit): string {
  switch (unit) {
    case 'ratio':
      return `${round(value * 100)} %`;
    case 'seconds':
      return formatSeconds(value);
    case 'bytes':
      return formatBytes(value);
    case 'switch':
      return String(value);
  }
}

/** At least three figures, and no further decimals. */
function round(value: number): string {
  return String(value < 100 ? Number(value.toPrecision(3)) : Math.round(value));
}

function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${round(seconds * 1000)} ms`;
  if (seconds < 60) return `${round(seconds)} s`;
  const whole = Math.round(seconds);
  const [large, small, unit] = whole < 3600 ? [60, 1, ['min', 's']] : [3600, 60, ['h', 'min']];
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${unit[0]}${rest > 0 ? ` ${rest} ${unit[1]}` : ''}`;
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${round(bytes / 1024 ** step)} ${units[step]}`;
}
