import type { Monitored } from './monitored';

const count = (value: number) => value.toLocaleString('en-US');
const list = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, value]) => `${count(value)} ${name}`)
    .join(', ');

export function formatMonitored({
  updates,
  scrapes,
  spans,
  logLines,
  logLinesTraced,
  breaches,
}: Monitored): string {
  const named = (name: string) => spans.filter((span) => span.name === name).length;
  const traces = new Set(spans.map(({ traceId }) => traceId)).size;
  const lines = [
    `Prometheus      ${count(scrapes)} readings; updates as read last: ${list(updates)}`,
    `Traces          ${count(spans.length)} spans in ${count(traces)} traces: ${count(named('batch'))} batches, ${count(named('claim'))} claims, ${count(named('callback fired'))} callbacks fired`,
    `Logs            ${list(logLines)}; ${count(logLinesTraced)} carry the id of a trace`,
  ];
  return [...lines, ...breaches.map((text) => `FAILED: ${text}`)].join('\n');
}
