import type { AlertPhase, AlertStatus } from '../../../src-shared/alerts';
import { type AlertDefinition, longestWindowMs } from './alert';
import { stepAlert } from './alert-phase';
import { anchorOf, describeAlert, RUNBOOK_PAGE } from './describe-alert';
import { computeFigure, holds } from './figures';
import { createSeriesStore, type Reading } from './series-store';

/** An alert that began to fire, or ceased to. */
export interface AlertChange {
  readonly to: 'firing' | 'resolved';
  readonly alert: AlertDefinition;
  /** What it looked at, at that instant; null: nothing to tell it from, or it does not matter. */
  readonly value: number | null;
}

/** Decides which alerts fire, from what is read of the metrics now and then. Knows no clock and no registry. */
export interface Evaluator {
  /** Takes what was read at `nowMs`, later than all before; gives what began or ceased to fire by it. */
  evaluate(nowMs: number, readings: readonly Reading[]): readonly AlertChange[];
  /** Firing ones first, then pending ones, each in the order of their definitions. */
  statuses(): readonly AlertStatus[];
}

export function createEvaluator(alerts: readonly AlertDefinition[]): Evaluator {
  const store = createSeriesStore(longestWindowMs(alerts));
  const watched = alerts.map((alert) => ({
    alert,
    phase: { phase: 'inactive' } as AlertPhase,
    value: null as number | null,
  }));

  return {
    evaluate(nowMs, readings) {
      store.note(nowMs, readings);
      return watched.flatMap((one): AlertChange[] => {
        const { alert, phase: before } = one;
        const [first, ...others] = alert.conditions;
        // Without a run, say, there is no progress that could be missed.
        const applies = others.every((condition) => holds(condition, store, nowMs));
        one.value = applies ? computeFigure(first.figure, store, nowMs) : null;
        one.phase = stepAlert(before, applies && holds(first, store, nowMs), nowMs, alert.forMs);
        const to = one.phase.phase;
        if (to === before.phase || (to !== 'firing' && to !== 'resolved')) return [];
        return [{ to, alert, value: one.value }];
      });
    },
    statuses: () =>
      watched
        .map(({ alert, phase, value }) => describeStatus(alert, phase, value))
        .sort((one, other) => rankOf(one) - rankOf(other)),
  };
}

function rankOf({ state: { phase } }: AlertStatus): number {
  return phase === 'firing' ? 0 : phase === 'pending' ? 1 : 2;
}

function describeStatus(alert: AlertDefinition, state: AlertPhase, value: number | null): AlertStatus {
  const { name, title, severity, unit, conditions, forMs, runbook } = alert;
  const isOn = state.phase === 'pending' || state.phase === 'firing';
  // Nothing divided by nothing is no value that anybody could look at.
  const shown = value !== null && Number.isFinite(value) ? value : null;
  return {
    name,
    title,
    severity,
    unit,
    forMs,
    value: shown,
    threshold: conditions[0].threshold,
    description: isOn && value !== null ? describeAlert(alert, value) : null,
    state,
    runbook: {
      meaning: runbook.meaning,
      look: [...runbook.look],
      act: [...runbook.act],
      page: `${RUNBOOK_PAGE}#${anchorOf(alert)}`,
    },
  };
}
