import { formatTable } from '../../src-shared/report-text';
import type { Percentiles } from '../drive/figures';
import { formatMonitored } from './monitored-report';
import type { LoadResult } from './run-load';

const count = (value: number) => Math.round(value).toLocaleString('en-US');
const ms = (value: number | null) => (value === null ? '-' : value.toFixed(1));
const mebibytes = (bytes: number) => (bytes === 0 ? 'not known' : `${count(bytes / 2 ** 20)} MiB`);

/** For a person. */
export function formatResult(result: LoadResult, about: string): string {
  const { events, callbacks, backlog, memory, breaches } = result;
  const share = ((100 * result.rateReached) / result.rateAsked).toFixed(1);
  const left = events.leftOut > 0 ? `, ${count(events.leftOut)} left out by the feed` : '';
  const facts = [
    ['Shell', result.shell],
    ['Database', about],
    ['Asked', `${count(result.rateAsked)} updates/s, ${count(result.updates)} updates`],
    ['Reached', `${count(result.rateReached)} updates/s (${share} %)`],
    ['Backlog', `${count(backlog.most)} updates at most`],
    ['Events heard', `${count(events.heard)}${left}`],
    ['Callbacks', `${count(callbacks.fired)} fired, ${count(callbacks.cancelled)} cancelled`],
    [
      'Memory',
      `${mebibytes(memory.residentPeak)} resident at its peak, ${mebibytes(memory.residentEnd)} at the end`,
    ],
    [
      'Heap',
      `of the engine's thread: ${mebibytes(memory.heapPeak)} at its peak, ${mebibytes(memory.heapEnd)} held at the end`,
    ],
    ['Load generator', `${mebibytes(memory.generatorResidentPeak)} resident at its peak`],
    [
      'Checked',
      result.storedRead
        ? 'every event heard, and the database after the run'
        : 'every event heard; the database is gone with its program',
    ],
  ].map(([name = '', value = '']) => [name, value]);
  const verdict =
    breaches.length === 0
      ? 'Nothing lost, nothing twice, every outcome right, no callback early.'
      : ['FAILED:', ...breaches.map((text) => `  ${text}`)].join('\n');
  const seen = result.monitored ? [formatMonitored(result.monitored)] : [];
  return [formatFacts(facts), formatLatencies(result), ...seen, verdict].join('\n\n');
}

function formatFacts(facts: readonly (readonly string[])[]): string {
  const width = Math.max(...facts.map(([name = '']) => name.length));
  return facts.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function formatLatencies({ answerMs, latenessMs, firedHeardMs }: LoadResult): string {
  const row = (name: string, { p50, p90, p99, p999, max, count: counted }: Percentiles) => [
    name,
    ...[p50, p90, p99, p999, max].map(ms),
    count(counted),
  ];
  return formatTable(
    ['Milliseconds', 'p50', 'p90', 'p99', 'p99.9', 'max', 'count'],
    [
      row('update: intended arrival to outcome heard', answerMs),
      row('callback: due to claimed', latenessMs),
      row('callback: intended arrival and its time to heard', firedHeardMs),
    ],
    { right: [1, 2, 3, 4, 5, 6] },
  );
}

/** For a program. */
export function formatResultJson(result: LoadResult, about: string): string {
  const { monitored, ...rest } = result;
  const seen = monitored && { ...monitored, spans: monitored.spans.length };
  return JSON.stringify({ database: about, ...rest, monitored: seen, held: result.breaches.length === 0 });
}

/** One line of a search for the highest rate. */
export function formatStep(
  { rateAsked, rateReached, answerMs, breaches }: LoadResult,
  reasons: readonly string[],
): string {
  const figures = `${count(rateReached).padStart(7)} reached, p50 ${ms(answerMs.p50)} ms, p99 ${ms(answerMs.p99)} ms`;
  const verdict =
    breaches.length > 0 ? 'FAILED' : reasons.length === 0 ? 'holds' : `does not hold: ${reasons.join(', ')}`;
  return `${count(rateAsked).padStart(7)} asked, ${figures}: ${verdict}`;
}
