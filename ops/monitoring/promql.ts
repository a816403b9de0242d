import type { Condition, Figure, Selector } from '../../src-main/observability/alerts/alert';

/** Of several instances that one Prometheus reads, each is judged by itself. */
const BY = 'by (job, instance)';

/** The same figure that `computeFigure` computes, as an expression. */
export function renderFigure(figure: Figure): string {
  switch (figure.kind) {
    case 'latest':
      return `max ${BY} (${renderSelector(figure)})`;
    case 'age':
      return `time() - max ${BY} (${renderSelector(figure)})`;
    case 'increase':
      return `sum ${BY} (increase(${renderSelector(figure)}[${renderDuration(figure.windowMs)}]))`;
    case 'quantile': {
      const buckets = `${figure.histogram}_bucket[${renderDuration(figure.windowMs)}]`;
      return `histogram_quantile(${figure.quantile}, sum by (job, instance, le) (rate(${buckets})))`;
    }
    case 'ratio':
      return `${renderFigure(figure.part)} / ${renderFigure(figure.whole)}`;
  }
}

export function renderConditions(conditions: readonly Condition[]): string {
  return conditions
    .map(({ figure, is, threshold }) => `${renderFigure(figure)} ${is} ${threshold}`)
    .join('\nand\n');
}

function renderSelector({ metric, labels = {} }: Selector): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`;
}

/** As Prometheus writes durations: the largest units first, nothing below a millisecond. */
export function renderDuration(ms: number): string {
  let left = Math.round(ms);
  const parts: string[] = [];
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.join('');
}
