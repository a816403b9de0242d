// Draws docs/images/trace.svg: the trace of one real update, from its arrival to its callback.
//
//   node ops/draw-trace.mjs
//
// Ingests the sample with a collector of its own beside it, takes an update of about the usual duration, and
// draws its spans as they came, to scale.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ROOT } from './ensure-built.mjs';
import { createTypeScriptLoader } from './load-typescript.mjs';

const OUT = join(ROOT, 'docs/images/trace.svg');
const WIDTH = 1000;
const LABELS = 250;
const ROW = 22;
const TOP = 100;
const GAP = 96;

async function traceSample() {
  const load = await createTypeScriptLoader();
  const { openOtlpReceiver } = await load('src-main/observability/tracing/testing/otlp-receiver.ts');
  const receiver = await openOtlpReceiver();
  const dataDir = mkdtempSync(join(tmpdir(), 'ingot-trace-'));
  const args = [
    'ingest',
    join(ROOT, 'data/sample.json'),
    '--data-dir',
    dataDir,
    '--speed',
    '5',
    '--seed',
    '3',
    '--json',
  ];
  const program = spawn(process.execPath, [join(ROOT, 'out/main/cli.js'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  });
  const [code] = await once(program, 'exit');
  await receiver.close();
  rmSync(dataDir, { recursive: true });
  if (code !== 0) throw new Error(`the program ended with ${code}`);
  return receiver.spans();
}

const lastsNano = ({ startNano, endNano }) => Number(endNano - startNano);

/** Of the batches with one update whose callback fired in a claim of its own, the one of median duration. */
function chooseUpdate(spans) {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const ways = spans
    .filter(({ name }) => name === 'callback fired')
    .map((callback) => ({
      callback,
      batch: byId.get(callback.parentSpanId),
      claim: byId.get(callback.links[0]?.spanId),
    }))
    .filter(
      ({ batch, claim }) =>
        batch?.attributes['ingot.records'] === '1' &&
        claim?.name === 'claim' &&
        claim.attributes['ingot.callbacks.fired'] === '1',
    )
    .toSorted((one, other) => lastsNano(one.batch) - lastsNano(other.batch));
  const way = ways[Math.floor(ways.length / 2)];
  if (!way) throw new Error('no update went the whole way by itself');
  return way;
}

/** The span and all inside it, each with its depth, as a tree is read. */
function walk(spans, span, depth = 0) {
  const inside = spans.filter(({ parentSpanId }) => parentSpanId === span.spanId);
  return [{ span, depth }, ...inside.flatMap((child) => walk(spans, child, depth + 1))];
}

const kindOf = ({ name, kind }) => {
  if (name.startsWith('callback')) return 'callback';
  if (name.startsWith('execute')) return 'thread';
  return kind === 'SPAN_KIND_CLIENT' ? 'statement' : 'step';
};

const milliseconds = (nano) => `${(nano / 1e6).toFixed(nano < 1e7 ? 2 : 1)} ms`;

/** A stretch of time, drawn to a scale of its own: the wait for the callback is a hundred times as long. */
function createPanel(spans, x, width) {
  const from = spans.reduce(
    (least, { startNano }) => (startNano < least ? startNano : least),
    spans[0].startNano,
  );
  const to = spans.reduce((most, { endNano }) => (endNano > most ? endNano : most), spans[0].endNano);
  const lasts = Number(to - from);
  const stepMs =
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200].find((step) => lasts / 1e6 / step <= 7) ?? 500;
  return { from, to, x, width, stepMs, at: (nano) => x + (Number(nano - from) / lasts) * width, lasts };
}

function drawTicks({ x, width, stepMs, lasts }, bottom) {
  const ticks = [];
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

function drawRow({ span, depth, panel }, index) {
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
  ['step', 'step of Ingot'],
  ['statement', 'statement, as asked for'],
  ['thread', 'the same in the database thread'],
  ['callback', 'callback, from its due time'],
];

function draw(spans, { batch, callback, claim }) {
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
  const legend = LEGEND.map(([kind, words], index) => {
    const x = [20, 150, 325, 545][index];
    return `<rect class="${kind}" x="${x}" y="${height - 30}" width="12" height="12" rx="2"/><text class="small" x="${x + 18}" y="${height - 20}">${words}</text>`;
  });
  const alt = `A batch of one update takes ${milliseconds(lastsNano(batch))} from arrival to commit; ${Math.round(waitedMs)} ms later its callback is due and fires.`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${alt}">
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="20" y="32">One update, from arrival to callback</text>
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

ensureBuilt(['main']);
const spans = await traceSample();
const way = chooseUpdate(spans);
writeFileSync(OUT, draw(spans, way));
console.log(`${OUT}: ${spans.length} spans came, trace ${way.batch.traceId} is drawn`);
process.exit(0);
