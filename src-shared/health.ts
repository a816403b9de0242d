export const HEALTH_CHECKS = ['database', 'migrations', 'event_loop', 'disk', 'callbacks'] as const;
export type HealthCheckName = (typeof HEALTH_CHECKS)[number];

export interface HealthCheck {
  readonly name: HealthCheckName;
  readonly ok: boolean;
  /** What was found, in a sentence for a person: also when it is well. */
  readonly reason: string;
  /** What was measured, in `unit`; left out where nothing is. */
  readonly value?: number;
  /** Where `value` ceases to be well. */
  readonly limit?: number;
  readonly unit?: 'seconds' | 'bytes' | 'version';
}

export interface Health {
  /** `ready` if every check is well. */
  readonly status: 'ready' | 'not ready';
  readonly checks: readonly HealthCheck[];
}
