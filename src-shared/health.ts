import { z } from 'zod';

const HEALTH_CHECKS = [
  /** Whether a program answers. Only `ingot health` checks this. */
  'program',
  'database',
  'migrations',
  'event_loop',
  'disk',
  'callbacks',
  /** To live sources, if there are any. */
  'connections',
] as const;
export type HealthCheckName = (typeof HEALTH_CHECKS)[number];

const healthCheckSchema = z.object({
  name: z.enum(HEALTH_CHECKS),
  ok: z.boolean(),
  /** What was found, in one sentence; present when all is well too. */
  reason: z.string(),
  /** In `unit`. */
  value: z.number().optional(),
  /** The limit for `value`. */
  limit: z.number().optional(),
  unit: z.enum(['seconds', 'bytes', 'version', 'connections']).optional(),
});

/** Also the body of `/readyz`. */
export const healthSchema = z.object({
  status: z.enum(['ready', 'not ready']),
  checks: z.array(healthCheckSchema),
});
type Plain<Value> = { readonly [Key in keyof Value]: Value[Key] };
export type HealthCheck = Plain<z.infer<typeof healthCheckSchema>>;
export interface Health {
  readonly status: 'ready' | 'not ready';
  readonly checks: readonly HealthCheck[];
}
