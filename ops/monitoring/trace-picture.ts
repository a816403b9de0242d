import type { ReceivedSpan } from '../../src-main/observability/tracing/testing/decode-spans';

const WIDTH = 1000;
const LABELS = 250;
const ROW = 22;
const TOP = 100;
const GAP = 96;

type Spans = readonly ReceivedSpan[];

/** One update's way: the batch that stored it, its callback, and the claim that fired it. */
interface Way {
  readonly batch: ReceivedSpan;
  readonly callback: ReceivedSpan;
  readonly claim: ReceivedSpan;
}

interface Row {
  readonly span: ReceivedSpan;
  /** How many spans it is inside of. */
  readonly depth: number;
}

/**
 * Draws the trace of one update, from its arrival to its callback, to scale: an SVG.
 * @throws Error if the callback of no update fired.
 */
export function drawTrace(spans: Spans): { readonly svg: string; readonly traceId: string } {
  const way = chooseUpdate(spans);
  return { svg: draw(spans, way), traceId: way.batch.traceId };
}

const lastsNano = ({ startNano, endNano }: ReceivedSpan) => Number(endNano - startNano);

const sizeOf = (span: ReceivedSpan, attribute: string) => Number(span.attributes[attribute] ?? 1);

/** Of the updates that went their way with the fewest others, the one whose batch took the median time. */
function chooseUpdate(spans: Spans): Way {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const ways = spans.flatMap((callback): Way[] => {
    const batch = byId.get(callback.parentSpanId);
    const claim = byId.get(callback.links[0]?.spanId ?? '');
    const isWhole = callback.name === 'callback fired' && batch?.name === 'batch' && claim?.name === 'claim';
    // One that was due before its batch had committed has no wait to be drawn.
    return isWhole && callback.startNano >= batch.endNano ? [{ batch, callback, claim }] : [];
  });
  const others = ({ batch, claim }: Way) =>
    sizeOf(batch, 'ingot.records') + sizeOf(claim, 'ingot.callbacks.fired');
  const fewest = ways.reduce((least, way) => Math.min(least, others(way)), Number.POSITIVE_INFINITY);
  const alone = ways
    .filter((way) => others(way) === fewest)
    .toSorted((one, other) => lastsNano(one.batch) - lastsNano(other.batch));
  const way = alone[Math.floor(alone.length / 2)];
  if (!way) throw new Error('the callback of no update fired');
  return way;
}

/** The span and all inside it, each with its depth, as a tree is read. */
function walk(spans: Spans, span: ReceivedSpan, depth = 0): Row[] {
  const inside = spans.filter(({ parentSpanId }) => parentSpanId === span.spanId);
  return [{ span, depth }, ...inside.flatMap((child) => walk(spans, child, depth + 1))];
}

const kindOf = ({ name, kind }: ReceivedSpan) => {
  if (name.startsWith('callback')) return 'callback';
  if (name.startsWith('execute')) return 'thread';
  return kind === 'SPAN_KIND_CLIENT' ? 'statement' : 'step';
};

const milliseconds = (nano: number) => `${(nano / 1e6).toFixed(nano < 1e7 ? 2 : 1)} ms`;

interface Panel {
  readonly x: number;
  readonly width: number;
  readonly stepMs: number;
  /** Where an instant is drawn. */
  readonly at: (nano: bigint) => number;
  readonly lasts: number;
}

/** A stretch of time, drawn to a scale of its own: the wait for the callback is a hundred times as long. */
function createPanel(spans: Spans, x: number, width: number): Panel {
  const from = spans.map(({ startNano }) => startNano).reduce((one, other) => (other < one ? other : one));
  const to = spans.map(({ endNano }) => endNano).reduce((one, other) => (other > one ? other : one));
  const lasts = Number(to - from);
  const stepMs =
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200].find((step) => lasts / 1e6 / step <= 7) ?? 500;
  return { x, width, stepMs, at: (nano) => x + (Number(nano - from) / lasts) * width, lasts };
}

function drawTicks({ x, width, stepMs, lasts }: Panel, bottom: number): string {
  const ticks: string[] = [];
  for (let ms = 0; ms <= lasts / 1e6 + 1e-9; ms += stepMs) {
    const at = (x + ((ms * 1e6) / lasts) * width).toFixed(1);
    const label = `${Number(ms.toFixed(1))}`;
    ticks.push(
      `<line class="tick" x1="${at}" y1="${TOP - 8}" x2="${at}" y2="${bottom}"/>`,
      `<text class="small" x="${at}" y="${TOP - 14}" text-anchor="middle">${label}</text>`,
    );
  }
  return ticks.join('\n');
}

function drawRow({ span, depth, panel }: Row & { readonly panel: Panel }, index: number): string {
  const y = TOP + index * ROW;
  const begin = panel.at(span.startNano);
  const width = Math.max(2, panel.at(span.endNano) - begin);
  // Behind its bar; before it, where there is no room behind.
  const isNearEnd = begin + width + 56 > panel.x + panel.width + 66;
  const [at, anchor] = isNearEnd ? [begin - 6, 'end'] : [begin + width + 6, 'start'];
  return `<text x="${20 + depth * 14}" y="${y + 15}">${span.name}${span.name === 'claim' ? ' (linked)' : ''}</text>
<rect class="${kindOf(span)}" x="${begin.toFixed(1)}" y="${y + 5}" width="${width.toFixed(1)}" height="12" rx="2"/>
<text class="small" x="${at.toFixed(1)}" y="${y + 15}" text-anchor="${anchor}">${milliseconds(lastsNano(span))}</text>`;
}

const STYLE = `
  svg { --page: #ffffff; --line: #e2e4e8; --ink: #15181c; --soft: #4d545e; --step: #5f6671; --statement: #0f62c0; --thread: #8f5400; --callback: #1a7340; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #131417; --line: #2b2f35; --ink: #eceef1; --soft: #a9afb9; --step: #868d98; --statement: #6cb2ff; --thread: #f2a93b; --callback: #63c987; }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--ink); }
  .title { font-size: 15px; font-weight: 600; }
  .small { font-size: 11px; fill: var(--soft); }
  .page { fill: var(--page); stroke: var(--line); }
  .tick { stroke: var(--line); }
  .wait { stroke: var(--soft); stroke-dasharray: 2 4; }
  .step { fill: var(--step); } .statement { fill: var(--statement); } .thread { fill: var(--thread); } .callback { fill: var(--callback); }`;

const LEGEND = [
  { kind: 'step', words: 'step of Ingot', x: 20 },
  { kind: 'statement', words: 'statement, as asked for', x: 150 },
  { kind: 'thread', words: 'the same in the database thread', x: 325 },
  { kind: 'callback', words: 'callback, from its due time', x: 545 },
];

function draw(spans: Spans, { batch, callback, claim }: Way): string {
  const arrival = walk(spans, batch).filter(({ span }) => span !== callback);
  const firing = [{ span: callback, depth: 1 }, ...walk(spans, claim)];
  const room = WIDTH - LABELS - GAP - 90;
  const left = createPanel(
    arrival.map(({ span }) => span),
    LABELS,
    room * 0.62,
  );
  const right = createPanel(
    firing.map(({ span }) => span),
    LABELS + room * 0.62 + GAP,
    room * 0.38,
  );
  const rows = [
    ...arrival.map((row) => ({ ...row, panel: left })),
    ...firing.map((row) => ({ ...row, panel: right })),
  ];
  const bottom = TOP + rows.length * ROW;
  const height = bottom + 66;
  const waitY = TOP + arrival.length * ROW + 11;
  const waitedMs = Number(callback.startNano - batch.endNano) / 1e6;
  const legend = LEGEND.map(
    ({ kind, words, x }) =>
      `<rect class="${kind}" x="${x}" y="${height - 30}" width="12" height="12" rx="2"/><text class="small" x="${x + 18}" y="${height - 20}">${words}</text>`,
  );
  const records = sizeOf(batch, 'ingot.records');
  const alt = `A batch of ${records === 1 ? 'one update' : `${records} updates`} takes ${milliseconds(lastsNano(batch))} from arrival to commit; ${Math.round(waitedMs)} ms later its callback is due and fires.`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${alt}">
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="20" y="32">One update${records === 1 ? '' : `, in a batch of ${records}`}, from arrival to callback</text>
<text class="small" x="${left.x}" y="${TOP - 32}">from its arrival, ms</text>
<text class="small" x="${right.x}" y="${TOP - 32}">from its due time, ms</text>
${drawTicks(left, bottom)}
${drawTicks(right, bottom)}
${rows.map(drawRow).join('\n')}
<line class="wait" x1="${left.x + left.width + 4}" y1="${waitY}" x2="${right.x - 4}" y2="${waitY}"/>
<text class="small" x="${(left.x + left.width + right.x) / 2}" y="${waitY + 16}" text-anchor="middle">${Math.round(waitedMs)} ms</text>
${legend.join('\n')}
</svg>
`;
}
