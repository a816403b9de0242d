import { z } from 'zod';

/** `critical`: something is not done that should be. `warning`: it may come to that. */
const ALERT_SEVERITIES = ['warning', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** What an alert's value counts: a ratio goes from 0 to 1, a switch is 0 or 1. */
const ALERT_UNITS = ['ratio', 'seconds', 'bytes', 'switch'] as const;
export type AlertUnit = (typeof ALERT_UNITS)[number];

const epochMsSchema = z.int().min(0);

/**
 * Where an alert is. Its conditions do not hold (`inactive`); hold, but not for long enough (`pending`); have
 * held for long enough (`firing`); no longer hold after that (`resolved`).
 */
const alertPhaseSchema = z.discriminatedUnion('phase', [
  z.strictObject({ phase: z.literal('inactive') }),
  z.strictObject({ phase: z.literal('pending'), sinceMs: epochMsSchema }),
  z.strictObject({ phase: z.literal('firing'), sinceMs: epochMsSchema, firedAtMs: epochMsSchema }),
  z.strictObject({ phase: z.literal('resolved'), firedAtMs: epochMsSchema, resolvedAtMs: epochMsSchema }),
]);
export type AlertPhase = z.infer<typeof alertPhaseSchema>;

const alertStatusSchema = z.strictObject({
  name: z.string().regex(/^Ingot[A-Z][A-Za-z]+$/),
  title: z.string().min(1),
  severity: z.enum(ALERT_SEVERITIES),
  /** One sentence with the value as it is now; null while the conditions do not hold. */
  description: z.string().min(1).nullable(),
  /** What the alert looks at, in `unit`; null where there is nothing to tell it from, or where it does not matter. */
  value: z.number().nullable(),
  /** What the value is compared with. Other conditions may have to hold as well. */
  threshold: z.number(),
  unit: z.enum(ALERT_UNITS),
  forMs: z.int().min(0),
  state: alertPhaseSchema,
  runbook: z.strictObject({
    meaning: z.string().min(1),
    look: z.array(z.string().min(1)).min(1),
    act: z.array(z.string().min(1)).min(1),
    /** Where the same stands in the documentation. */
    page: z.string().regex(/^docs\/operations\.md#[a-z-]+$/),
  }),
});
export type AlertStatus = z.infer<typeof alertStatusSchema>;

export const alertsReportSchema = z.strictObject({
  /** When the conditions were last looked at; null: not yet. */
  evaluatedAtMs: epochMsSchema.nullable(),
  evaluateEveryMs: z.int().min(1),
  /** Firing first, then pending, then the rest. */
  alerts: z.array(alertStatusSchema),
});
export type AlertsReport = z.infer<typeof alertsReportSchema>;
