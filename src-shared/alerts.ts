import { z } from 'zod';

/** `critical`: something is failing now. `warning`: it may fail soon. */
const ALERT_SEVERITIES = ['warning', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** A `ratio` is 0 to 1, a `switch` 0 or 1. */
const ALERT_UNITS = ['ratio', 'seconds', 'bytes', 'switch'] as const;
export type AlertUnit = (typeof ALERT_UNITS)[number];

const epochMsSchema = z.int().min(0);

/**
 * `inactive`: the conditions do not hold. `pending`: they hold, but not yet for long enough. `firing`: they have held for long
 * enough. `resolved`: they held, and no longer do.
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
  /** One sentence with the current value; null while the conditions do not hold. */
  description: z.string().min(1).nullable(),
  /** In `unit`; null if it is unknown or does not matter. */
  value: z.number().nullable(),
  /** The limit for `value`. Other conditions may have to hold too. */
  threshold: z.number(),
  unit: z.enum(ALERT_UNITS),
  forMs: z.int().min(0),
  state: alertPhaseSchema,
  runbook: z.strictObject({
    meaning: z.string().min(1),
    look: z.array(z.string().min(1)).min(1),
    act: z.array(z.string().min(1)).min(1),
    page: z.string().regex(/^docs\/operations\.md#[a-z-]+$/),
  }),
});
export type AlertStatus = z.infer<typeof alertStatusSchema>;

export const alertsReportSchema = z.strictObject({
  evaluatedAtMs: epochMsSchema.nullable(),
  evaluateEveryMs: z.int().min(1),
  /** Firing first, then pending, then the rest. */
  alerts: z.array(alertStatusSchema),
});
export type AlertsReport = z.infer<typeof alertsReportSchema>;
