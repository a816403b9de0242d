import type { AlertDefinition } from './alert';
import { increaseOf, MINUTE_MS, WINDOW_MS } from './spans';

/** Of runs, records and callbacks. */
export const RUN_ALERTS: readonly AlertDefinition[] = [
  {
    name: 'IngotRejectRatio',
    title: 'Many records are rejected',
    severity: 'warning',
    description:
      '{value} of the records of the last {window} were not valid; more than {threshold} is too many.',
    unit: 'ratio',
    conditions: [
      {
        figure: {
          kind: 'ratio',
          part: increaseOf('ingot_updates_total', { outcome: 'rejected' }),
          whole: increaseOf('ingot_updates_total'),
        },
        is: '>',
        // The sample that ships with Ingot, taken from real data, has four in a hundred.
        threshold: 0.1,
      },
      { figure: increaseOf('ingot_updates_total'), is: '>=', threshold: 100 },
    ],
    forMs: MINUTE_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning:
        'The source does not hold what Ingot takes for updates: a field has another name, a version is missing, a number is out of range.',
      look: [
        'Runs, then the run, then Rejects: each has its record, field and reason.',
        'Whether all have the same reason: then it is the format, not the data.',
      ],
      act: [
        'If records use other names of the fields than those that the run goes by, give them a source of their own: docs/sources.md has the names.',
        'Mend the source, and run it again: what is known already counts as duplicate and changes nothing.',
      ],
    },
  },
  {
    name: 'IngotRunStuck',
    title: 'A run makes no progress',
    severity: 'critical',
    description: 'A run is under way, and for {value} it has neither taken in a record nor fired a callback.',
    unit: 'seconds',
    conditions: [
      {
        figure: { kind: 'age', metric: 'ingot_run_last_progress_timestamp_seconds' },
        is: '>',
        // Longer than any statement may take before it is ended, but for maintenance.
        threshold: 300,
      },
      {
        figure: { kind: 'latest', metric: 'ingot_run_state', labels: { state: 'running' } },
        is: '>=',
        threshold: 1,
      },
    ],
    forMs: MINUTE_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning:
        'The run says that it is running, yet no batch has been committed for more than five minutes. A run that is paused, or waits for its callbacks, does not count.',
      look: [
        'The source: a pipe whose other end is silent, or a network drive that hangs.',
        'The arrival: a gap of more than five minutes between records looks the same from outside.',
        'Whether the database is down or its disk is full.',
      ],
      act: [
        'Stop the run and resume it: it goes on at its checkpoint, nothing doubled, nothing skipped.',
        'With gaps that long, silence this alert for that instance.',
      ],
    },
  },
  {
    name: 'IngotCallbacksLate',
    title: 'Callbacks fire late',
    severity: 'warning',
    description: 'One callback in a hundred of the last {window} fired more than {value} after it was due.',
    unit: 'seconds',
    conditions: [
      {
        figure: {
          kind: 'quantile',
          quantile: 0.99,
          histogram: 'ingot_callback_lateness_seconds',
          windowMs: WINDOW_MS,
        },
        is: '>',
        // Some ten milliseconds are usual, also under load.
        threshold: 1,
      },
    ],
    forMs: 2 * MINUTE_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning:
        'Callbacks fire, but later than they should: the database or the event loop does not keep up, or many fell due while no program was there.',
      look: [
        'Whether a run as fast as it goes is under way: batches and claims share the database.',
        '`ingot_database_statement_duration_seconds` of the claim, and `ingot_event_loop_delay_seconds`.',
        'Whether Ingot was started just now: what fell due before counts as late.',
      ],
      act: [
        'Give the run a slower arrival, or the database a faster disk.',
        'After a start it passes by itself once the overdue ones have fired.',
      ],
    },
  },
  {
    name: 'IngotCallbacksOverdue',
    title: 'Callbacks are overdue',
    severity: 'critical',
    description: 'The oldest pending callback was due {value} ago and has not fired.',
    unit: 'seconds',
    conditions: [
      {
        figure: { kind: 'latest', metric: 'ingot_callbacks_oldest_overdue_seconds' },
        is: '>',
        // As `/readyz` has it.
        threshold: 60,
      },
      // Held by a person they are overdue on purpose.
      { figure: { kind: 'latest', metric: 'ingot_callbacks_held' }, is: '<', threshold: 1 },
    ],
    forMs: MINUTE_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning: 'Callbacks do not fire although nobody holds them: nothing claims them, or claiming fails.',
      look: [
        'Whether another alert fires: without a database nothing is claimed.',
        'The log, entries of the component `callbacks`.',
      ],
      act: ['Restart Ingot: what is overdue fires at the start, once each.'],
    },
  },
];
