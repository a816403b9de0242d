import type { AlertDefinition } from './alert';
import { MINUTE_MS, WINDOW_MS } from './spans';

/** Of the program itself. */
export const PROGRAM_ALERTS: readonly AlertDefinition[] = [
  {
    name: 'IngotDown',
    title: 'Ingot does not answer',
    severity: 'critical',
    description: 'Prometheus has not been able to read the metrics of Ingot for {for}.',
    unit: 'switch',
    conditions: [
      { figure: { kind: 'latest', metric: 'up', labels: { job: 'ingot' } }, is: '<', threshold: 1 },
    ],
    // Four scrapes: one may be lost to a restart.
    forMs: MINUTE_MS,
    seenBy: 'prometheus',
    runbook: {
      meaning:
        'The program has ended, hangs, or its address has changed: a web shell without `--port` listens on another port after each start.',
      look: [
        'Is the process there? `ingot health` says whether it answers, and why not.',
        'The last lines of its log: a crash leaves its reason there.',
        'The page "Targets" of Prometheus: it names the error of the last scrape.',
      ],
      act: [
        'Start it again. A run that was cut off goes on at its checkpoint: `ingot resume`.',
        'If the port has changed, give one with `--port` and scrape that.',
      ],
    },
  },
  {
    name: 'IngotEventLoopDelay',
    title: 'The event loop is blocked',
    severity: 'warning',
    description: 'In one second of ten of the last {window}, timers came more than {value} late.',
    unit: 'seconds',
    conditions: [
      {
        // One observation a second: the longest delay in it.
        figure: {
          kind: 'quantile',
          quantile: 0.9,
          histogram: 'ingot_event_loop_delay_seconds',
          windowMs: WINDOW_MS,
        },
        is: '>',
        // Ten times what a burst of a hundred thousand callbacks comes to.
        threshold: 0.25,
      },
    ],
    forMs: 2 * MINUTE_MS,
    seenBy: 'prometheus and the app',
    runbook: {
      meaning: 'Timers, callbacks and windows wait for the processor: the machine is busy, or swaps.',
      look: [
        'The load and the memory of the machine; `process_resident_memory_bytes` of Ingot.',
        'Which batch sizes and how many windows there are: `ingot_batch_size`, `ingot_feed_dropped_frames_total`.',
      ],
      act: ['End what else keeps the machine busy, or give the run a slower arrival.'],
    },
  },
];
