import type { AlertSeverity, AlertUnit } from '../../../src-shared/alerts';

/** Which series of a metric: those that carry these labels, whatever others they carry. */
export interface Selector {
  /** As it stands in a scrape: a histogram's with its `_bucket`, `_sum` or `_count`. */
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * What an alert looks at: one number for each instance of Ingot, or none. Few kinds, each of which Prometheus
 * has an expression for and the app a function, so that both see the same thing.
 */
export type Figure =
  /** The latest value; the largest, where several series carry the labels. */
  | ({ readonly kind: 'latest' } & Selector)
  /** By how much counters grew within the window, all of them together. */
  | ({ readonly kind: 'increase'; readonly windowMs: number } & Selector)
  /** Of a histogram's observations within the window. */
  | {
      readonly kind: 'quantile';
      /** Between 0 and 1. */
      readonly quantile: number;
      /** Its name without `_bucket`. */
      readonly histogram: string;
      readonly windowMs: number;
    }
  /** Seconds since the instant that a gauge holds, in seconds since 1970. */
  | ({ readonly kind: 'age' } & Selector)
  | { readonly kind: 'ratio'; readonly part: Figure; readonly whole: Figure };

export type Comparison = '>' | '>=' | '<';

export interface Condition {
  readonly figure: Figure;
  readonly is: Comparison;
  readonly threshold: number;
}

/** What to do when it fires: in the app, and in docs/operations.md. */
export interface Runbook {
  readonly meaning: string;
  readonly look: readonly string[];
  readonly act: readonly string[];
}

/**
 * One alert, defined once: `ops/alerts.yml` is made from it for Prometheus, and the app evaluates it by itself.
 */
export interface AlertDefinition {
  /** Of Prometheus; never changed once it is out, since silences and routes name it. */
  readonly name: `Ingot${string}`;
  /** For a person; also the heading of its runbook. */
  readonly title: string;
  readonly severity: AlertSeverity;
  /**
   * `{value}` is the first condition's figure, `{threshold}` what it is compared with, `{window}` how far it looks
   * back, `{for}` how long it has to hold.
   */
  readonly description: string;
  readonly unit: AlertUnit;
  /** All of them have to hold. */
  readonly conditions: readonly [Condition, ...Condition[]];
  /** So long without a break before it fires. */
  readonly forMs: number;
  /** The app cannot tell that it is gone itself. */
  readonly seenBy: 'prometheus and the app' | 'prometheus';
  readonly runbook: Runbook;
}

/** How often the conditions are looked at, in the app as by Prometheus. */
export const EVALUATE_EVERY_MS = 15_000;

/** The longest window that these look back over; 0 if none does. */
export function longestWindowMs(alerts: readonly AlertDefinition[]): number {
  const windowOf = (figure: Figure): number => {
    if (figure.kind === 'ratio') return Math.max(windowOf(figure.part), windowOf(figure.whole));
    return 'windowMs' in figure ? figure.windowMs : 0;
  };
  return alerts
    .flatMap(({ conditions }) => conditions.map(({ figure }) => windowOf(figure)))
    .reduce((longest, windowMs) => Math.max(longest, windowMs), 0);
}

/** Every series that these look at. */
export function metricsOf(alerts: readonly AlertDefinition[]): readonly string[] {
  const namesOf = (figure: Figure): readonly string[] => {
    if (figure.kind === 'ratio') return [...namesOf(figure.part), ...namesOf(figure.whole)];
    return [figure.kind === 'quantile' ? `${figure.histogram}_bucket` : figure.metric];
  };
  return [
    ...new Set(alerts.flatMap(({ conditions }) => conditions.flatMap(({ figure }) => namesOf(figure)))),
  ];
}

/**
 * The same alert with its windows and its patience times `factor`, so that a test need not wait for minutes.
 * Thresholds stay, also those in seconds.
 */
export function scaleAlert(alert: AlertDefinition, factor: number): AlertDefinition {
  const scaleFigure = (figure: Figure): Figure => {
    if (figure.kind === 'ratio') {
      return { kind: 'ratio', part: scaleFigure(figure.part), whole: scaleFigure(figure.whole) };
    }
    return 'windowMs' in figure ? { ...figure, windowMs: figure.windowMs * factor } : figure;
  };
  const scale = (condition: Condition): Condition => ({
    ...condition,
    figure: scaleFigure(condition.figure),
  });
  const [first, ...others] = alert.conditions;
  return {
    ...alert,
    conditions: [scale(first), ...others.map(scale)],
    forMs: Math.round(alert.forMs * factor),
  };
}
