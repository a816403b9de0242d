import fc from 'fast-check';
import type { InputSeries } from './series-notation';

/** So many readings: some twenty minutes. */
const INSTANTS = 80;
/** Prime, so that sums seldom lie exactly on a threshold: there the order of adding up decides. */
const STEPS = [0, 0, 1, 3, 17, 41, 199];

/** For some readings in a row the same thing happens. */
const stretches = <Kind>(kind: fc.Arbitrary<Kind>): fc.Arbitrary<readonly Kind[]> =>
  fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), kind), { minLength: 3, maxLength: 10 }).map((runs) => {
    const all = runs.flatMap(([length, what]) => Array.from({ length }, () => what));
    return Array.from({ length: INSTANTS }, (_, instant) => all[instant % all.length] as Kind);
  });

/** Grows by the same for a while, or begins anew at zero, or comes later. */
const counter = (): fc.Arbitrary<string> =>
  fc
    .tuple(
      stretches(fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...STEPS) }, fc.constant('reset'))),
      fc.constantFrom(0, 0, 0, 7, 30),
    )
    .map(([steps, absentFor]) => {
      let value = 0;
      const values = steps.map((step, instant) => {
        value = step === 'reset' ? 0 : value + Number(step);
        return instant < absentFor ? '_' : String(value);
      });
      return values.join(' ');
    });

/** One of these values for a while, or gone. */
const gauge = (...values: readonly number[]): fc.Arbitrary<string> =>
  stretches(fc.constantFrom<number | 'stale'>(...values, 'stale')).map((all) => all.join(' '));

/** Cumulative buckets; a reset takes them all. */
const histogram = (name: string, bounds: readonly string[]): fc.Arbitrary<InputSeries[]> =>
  stretches(
    fc.oneof(
      { weight: 12, arbitrary: fc.tuple(...bounds.map(() => fc.constantFrom(...STEPS))) },
      fc.constant(null),
    ),
  ).map((steps) => {
    let counts = bounds.map(() => 0);
    const rows = steps.map((step) => {
      counts = step === null ? bounds.map(() => 0) : counts.map((count, index) => count + (step[index] ?? 0));
      return counts;
    });
    return bounds.map((bound, index) => ({
      series: `${name}_bucket{le="${bound}"}`,
      values: rows.map((row) => row.slice(0, index + 1).reduce((sum, count) => sum + count, 0)).join(' '),
    }));
  });

const named = (series: string, values: fc.Arbitrary<string>): fc.Arbitrary<InputSeries[]> =>
  values.map((text) => [{ series, values: text }]);

/** Every metric that an alert looks at, of one instance, in health and sickness. */
export const arbitrarySeries: fc.Arbitrary<InputSeries[]> = fc
  .tuple(
    named('ingot_database_up', gauge(1, 1, 0)),
    named('ingot_database_errors_total{sqlstate_class="23"}', counter()),
    named('ingot_database_errors_total{sqlstate_class="53"}', counter()),
    histogram('ingot_callback_lateness_seconds', ['0.1', '1', '2.5', '+Inf']),
    histogram('ingot_event_loop_delay_seconds', ['0.1', '0.25', '1', '+Inf']),
    named('ingot_database_statement_duration_seconds_count{statement="claim"}', counter()),
    named('ingot_database_statement_duration_seconds_count{statement="insert"}', counter()),
    named('ingot_updates_total{outcome="indexed"}', counter()),
    named('ingot_updates_total{outcome="rejected"}', counter()),
    named('ingot_updates_total{outcome="stale"}', counter()),
    named('ingot_callbacks_oldest_overdue_seconds', gauge(0, 59, 60, 61, 900)),
    named('ingot_callbacks_held', gauge(0, 0, 1)),
    named('ingot_run_last_progress_timestamp_seconds', gauge(0, 100, 600, 1100)),
    named('ingot_run_state{state="running"}', gauge(1, 1, 0)),
    named('ingot_run_state{state="paused"}', gauge(0, 1)),
    named('ingot_disk_free_bytes', gauge(2 ** 33, 2 ** 32, 2 ** 29, 2 ** 28)),
  )
  .map((groups) => groups.flat().map(ofInstance));

function ofInstance({ series, values }: InputSeries): InputSeries {
  const [metric = '', labels] = series.replace('}', '').split('{');
  return {
    series: `${metric}{${[labels, 'job="ingot"', 'instance="one"'].filter(Boolean).join(',')}}`,
    values,
  };
}
