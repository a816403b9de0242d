import { z } from 'zod';

const HEALTH_CHECKS = [
  /** Whether a program answers: only `ingot health` has to ask. */
  'program',
  'database',
  'migrations',
  'event_loop',
  'disk',
  'callbacks',
] as const;
export type HealthCheckName = (typeof HEALTH_CHECKS)[number];

const healthCheckSchema = z.object({
  name: z.enum(HEALTH_CHECKS),
  ok: z.boolean(),
  /** What was found, in a sentence for a person: also when it is well. */
  reason: z.string(),
  /** What was measured, in `unit`; left out where nothing is. */
  value: z.number().optional(),
  /** Where `value` ceases to be well. */
  limit: z.number().optional(),
  unit: z.enum(['seconds', 'bytes', 'version']).optional(),
});

/** Also the body of `/readyz`. */
export const healthSchema = z.object({
  /** `ready` if every check is well. */
  status: z.enum(['ready', 'not ready']),
  checks: z.array(healthCheckSchema),
});
type Plain<Value> = { readonly [Key in keyof Value]: Value[Key] };
export type HealthCheck = Plain<z.infer<typeof healthCheckSchema>>;
export interface Health {
  readonly status: 'ready' | 'not ready';
  readonly checks: readonly HealthCheck[];
}
