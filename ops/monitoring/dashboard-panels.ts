/** One plot or figure of the dashboard. */
export interface PanelSpec {
  readonly title: string;
  /** What to read from it, in a sentence. */
  readonly about: string;
  readonly kind: 'plot' | 'stack' | 'figure' | 'states';
  /** A unit of Grafana's. */
  readonly unit: string;
  /** Expressions, each with the legend of its series. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** Of the 24 columns of a row. */
  readonly width: number;
  /** From here on it is shown in red; of a figure that should be large, up to here. */
  readonly limit?: { readonly value: number; readonly bad: 'above' | 'below' };
  /** What values are called. */
  readonly words?: Readonly<Record<string, string>>;
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

/** The instances that are chosen at the top of the dashboard. */
const AT = 'job=~"$job",instance=~"$instance"';
const of = (metric: string, labels = '') => `${metric}{${AT}${labels && `,${labels}`}}`;
const rate = (metric: string, by: string, labels = '') =>
  `sum by (${by}) (rate(${of(metric, labels)}[$__rate_interval]))`;
const quantile = (q: number, histogram: string, by = '', labels = '') =>
  `histogram_quantile(${q}, sum by (${['le', by].filter(Boolean).join(', ')}) (rate(${of(`${histogram}_bucket`, labels)}[$__rate_interval])))`;
const mean = (histogram: string, by: string) =>
  `${rate(`${histogram}_sum`, by)} / ${rate(`${histogram}_count`, by)}`;
const quantiles = (histogram: string): PanelSpec['queries'] => [
  [quantile(0.5, histogram), 'median'],
  [quantile(0.99, histogram), '99 of 100'],
];

export const DASHBOARD_ROWS: readonly RowSpec[] = [
  {
    title: 'At a glance',
    panels: [
      {
        title: 'Database',
        about: 'Whether the database is open and answers.',
        kind: 'figure',
        unit: 'none',
        queries: [[`min(${of('ingot_database_up')})`, '']],
        width: 3,
        limit: { value: 1, bad: 'below' },
        words: { 0: 'down', 1: 'up' },
      },
      {
        title: 'Alerts that fire',
        about: 'As Ingot sees them by itself.',
        kind: 'figure',
        unit: 'none',
        queries: [[`sum(${of('ingot_alerts_firing')})`, '']],
        width: 3,
        limit: { value: 1, bad: 'above' },
      },
      {
        title: 'Updates',
        about: 'Records a second, of any outcome.',
        kind: 'figure',
        unit: 'cps',
        queries: [[rate('ingot_updates_total', ''), '']],
        width: 3,
      },
      {
        title: 'Pending callbacks',
        about: 'Waiting in the database.',
        kind: 'figure',
        unit: 'short',
        queries: [[`sum(${of('ingot_callbacks_pending')})`, '']],
        width: 3,
      },
      {
        title: 'Overdue',
        about: 'How long ago the oldest pending callback was due.',
        kind: 'figure',
        unit: 's',
        queries: [[`max(${of('ingot_callbacks_oldest_overdue_seconds')})`, '']],
        width: 3,
        limit: { value: 60, bad: 'above' },
      },
      {
        title: 'Firing held',
        about: 'Whether a person holds all callbacks.',
        kind: 'figure',
        unit: 'none',
        queries: [[`max(${of('ingot_callbacks_held')})`, '']],
        width: 3,
        words: { 0: 'no', 1: 'held' },
      },
      {
        title: 'Since progress',
        about: 'Since a run last took in records, fired or cancelled a callback, or changed its state.',
        kind: 'figure',
        unit: 's',
        queries: [[`time() - max(${of('ingot_run_last_progress_timestamp_seconds')} > 0)`, '']],
        width: 3,
      },
      {
        title: 'Version',
        about: 'What runs.',
        kind: 'figure',
        unit: 'none',
        queries: [[`sum by (version, node, shell) (${of('ingot_build_info')})`, '{{version}} · {{shell}}']],
        width: 3,
      },
      {
        title: 'Run',
        about: 'The state of the run under way, or of the last one.',
        kind: 'states',
        unit: 'none',
        queries: [[`max by (state) (${of('ingot_run_state')})`, '{{state}}']],
        width: 12,
        words: { 0: ' ', 1: 'yes' },
      },
      {
        title: 'Alerts of Prometheus',
        about: 'The rules of ops/alerts.yml, if they are loaded: pending or firing.',
        kind: 'states',
        unit: 'none',
        queries: [
          [
            `max by (alertname, alertstate) (ALERTS{alertname=~"Ingot.*",${AT}})`,
            '{{alertname}} {{alertstate}}',
          ],
        ],
        width: 12,
        words: { 1: 'yes' },
      },
    ],
  },
  {
    title: 'Updates',
    panels: [
      {
        title: 'Updates by outcome',
        about: 'What became of the records, each second.',
        kind: 'stack',
        unit: 'cps',
        queries: [[rate('ingot_updates_total', 'outcome'), '{{outcome}}']],
        width: 12,
      },
      {
        title: 'Share of rejected records',
        about: 'Records that were not valid, of all.',
        kind: 'plot',
        unit: 'percentunit',
        queries: [
          [
            `${rate('ingot_updates_total', 'instance', 'outcome="rejected"')} / ${rate('ingot_updates_total', 'instance')}`,
            '{{instance}}',
          ],
        ],
        width: 12,
        limit: { value: 0.1, bad: 'above' },
      },
      {
        title: 'Batches: duration by step',
        about: 'Mean of each step; the total has the others in it.',
        kind: 'plot',
        unit: 's',
        queries: [[mean('ingot_batch_duration_seconds', 'step'), '{{step}}']],
        width: 8,
      },
      {
        title: 'Batches: records',
        about: 'How many records a batch takes along.',
        kind: 'plot',
        unit: 'short',
        queries: quantiles('ingot_batch_size'),
        width: 8,
      },
      {
        title: 'Ingest lag',
        about: 'How long after its planned arrival an update was on the disk.',
        kind: 'plot',
        unit: 's',
        queries: [[`max by (instance) (${of('ingot_ingest_lag_seconds')})`, '{{instance}}']],
        width: 8,
      },
    ],
  },
  {
    title: 'Callbacks',
    panels: [
      {
        title: 'Callbacks by what became of them',
        about: 'Scheduled, fired and cancelled, each second.',
        kind: 'plot',
        unit: 'cps',
        queries: [[rate('ingot_callbacks_total', 'state'), '{{state}}']],
        width: 8,
      },
      {
        title: 'Pending',
        about: 'Callbacks that wait in the database.',
        kind: 'plot',
        unit: 'short',
        queries: [[`sum by (instance) (${of('ingot_callbacks_pending')})`, '{{instance}}']],
        width: 8,
      },
      {
        title: 'Lateness',
        about: 'How long after their due time callbacks fired.',
        kind: 'plot',
        unit: 's',
        queries: quantiles('ingot_callback_lateness_seconds'),
        width: 8,
        limit: { value: 1, bad: 'above' },
      },
    ],
  },
  {
    title: 'Database',
    panels: [
      {
        title: 'Statements',
        about: 'How many of each kind, each second.',
        kind: 'stack',
        unit: 'cps',
        queries: [[rate('ingot_database_statement_duration_seconds_count', 'statement'), '{{statement}}']],
        width: 8,
      },
      {
        title: 'Statements: the slowest kinds',
        about: 'What 99 of 100 stay below, waiting for their turn included.',
        kind: 'plot',
        unit: 's',
        queries: [
          [
            `topk(8, ${quantile(0.99, 'ingot_database_statement_duration_seconds', 'statement')})`,
            '{{statement}}',
          ],
        ],
        width: 8,
      },
      {
        title: 'Statements that failed',
        about: 'By the class of their SQLSTATE: 08 connection, 23 constraint, 53 no room.',
        kind: 'stack',
        unit: 'cps',
        queries: [[rate('ingot_database_errors_total', 'sqlstate_class'), '{{sqlstate_class}}']],
        width: 8,
      },
      {
        title: 'Room on the disk',
        about: 'Of the disk with the data directory: free, and its size.',
        kind: 'plot',
        unit: 'bytes',
        queries: [
          [`min by (instance) (${of('ingot_disk_free_bytes')})`, 'free {{instance}}'],
          [`max by (instance) (${of('ingot_disk_size_bytes')})`, 'size {{instance}}'],
        ],
        width: 24,
        limit: { value: 5 * 1024 ** 3, bad: 'below' },
      },
    ],
  },
  {
    title: 'Program',
    panels: [
      {
        title: 'Event loop',
        about: 'The longest delay in each second: of half of the seconds, and of 9 in 10.',
        kind: 'plot',
        unit: 's',
        queries: [
          [quantile(0.5, 'ingot_event_loop_delay_seconds'), 'median'],
          [quantile(0.9, 'ingot_event_loop_delay_seconds'), '9 of 10'],
        ],
        width: 12,
        limit: { value: 0.25, bad: 'above' },
      },
      {
        title: 'Memory',
        about: 'Of the whole process, and the heap of its main thread.',
        kind: 'plot',
        unit: 'bytes',
        queries: [
          [`sum by (instance) (${of('process_resident_memory_bytes')})`, 'resident {{instance}}'],
          [`sum by (instance) (${of('nodejs_heap_size_used_bytes')})`, 'heap {{instance}}'],
        ],
        width: 12,
      },
      {
        title: 'Processor',
        about: 'Seconds of processor time a second: 1 is one core.',
        kind: 'plot',
        unit: 'percentunit',
        queries: [[rate('process_cpu_seconds_total', 'instance'), '{{instance}}']],
        width: 12,
      },
      {
        title: 'Frames left out',
        about: 'Frames of the live feed that a window had no room for.',
        kind: 'plot',
        unit: 'cps',
        queries: [[rate('ingot_feed_dropped_frames_total', 'instance'), '{{instance}}']],
        width: 12,
      },
    ],
  },
];
