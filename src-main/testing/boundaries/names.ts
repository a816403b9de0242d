import { CLASSIFIERS, JUDGES } from './rooms';

/** A global, or a module of Node, and which uses of it are meant. See `Use.text` for how they are written. */
export type Watched =
  | { readonly name: string; readonly only: readonly string[] }
  | { readonly name: string; readonly never: readonly string[] };

/** A file that may do what a rule forbids. */
export interface Exemption {
  readonly path: string;
  readonly uses: readonly string[];
  readonly why: string;
}

const forbid = (names: readonly string[]): readonly Watched[] => names.map((name) => ({ name, only: [] }));

/** To work with an instant that was handed over is no look at a clock. */
const DATE: Watched = { name: 'Date', only: ['new Date(…)', 'Date.parse', 'Date.UTC', 'instanceof Date'] };

/** Whatever tells the time, or lets it pass. */
export const TIME: readonly Watched[] = [
  DATE,
  { name: 'AbortSignal', only: ['AbortSignal.any', 'AbortSignal.abort', 'instanceof AbortSignal'] },
  { name: 'process', never: ['process.hrtime', 'process.uptime'] },
  { name: 'node:process', never: ['node:process.hrtime', 'node:process.uptime'] },
  { name: 'node:os', never: ['node:os.uptime'] },
  ...forbid(['performance', 'setTimeout', 'setInterval', 'setImmediate']),
  ...forbid(['requestAnimationFrame', 'requestIdleCallback', 'scheduler', 'Temporal']),
  ...forbid(['node:timers', 'node:timers/promises', 'node:perf_hooks']),
];

export const TIME_EXEMPTIONS: readonly Exemption[] = [
  {
    path: 'src-main/time/clock.ts',
    uses: [
      'Date.now',
      'performance.now',
      'process.hrtime',
      'node:os.uptime',
      'setTimeout()',
      'setImmediate()',
    ],
    why: 'It is the clock of every process.',
  },
  {
    path: 'src-renderer/clock.ts',
    uses: ['Date.now', 'setTimeout()', 'setInterval()', 'requestAnimationFrame()'],
    why: "It is the window's clock.",
  },
  {
    path: 'src-main/observability/loop-delay.ts',
    uses: ['node:perf_hooks.monitorEventLoopDelay'],
    why: "Node's own count of how late its loop is: a timer of ours would be late along with what it measures.",
  },
];

/** Whatever speaks to another program without an import. */
export const NETWORK: readonly Watched[] = [
  ...forbid(['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'WebTransport', 'RTCPeerConnection']),
  { name: 'navigator', never: ['navigator.sendBeacon'] },
];

export const NETWORK_EXEMPTIONS: readonly Exemption[] = [
  {
    path: 'src-main/shells/cli/health.ts',
    uses: ['fetch()'],
    why: 'It asks another Ingot, on the loopback address, how it is.',
  },
  {
    path: 'src-main/shells/process/web-state.ts',
    uses: ['fetch()'],
    why: 'It asks another Ingot, on the loopback address, for a window.',
  },
  {
    path: 'src-renderer/transport/websocket-link.ts',
    uses: ['new WebSocket(…)', 'fetch()'],
    why: "It is the page's way to its host. A socket does not tell whether it was refused: a request does.",
  },
  {
    path: 'src-renderer/transport/upload.ts',
    uses: ['new XMLHttpRequest()'],
    why: 'It sends a file to the host: `fetch` does not tell how far it is.',
  },
];

/** Files that are given all they work with, and give all they make: the same for the same, each time. */
export const PURE_PATHS = [
  'src-shared',
  'src-renderer/stores',
  'src-renderer/format',
  ...JUDGES,
  ...CLASSIFIERS,
];

/** What the language itself has, and what only holds values. */
export const PURE_NAMES = new Set([
  ...['undefined', 'Infinity', 'NaN', 'String', 'Number', 'Boolean', 'BigInt', 'Symbol', 'RegExp', 'JSON'],
  ...['Object', 'Array', 'Map', 'Set', 'Promise', 'Error', 'TypeError', 'RangeError', 'Uint8Array', 'Intl'],
  ...['Date', 'Math', 'Buffer', 'Blob', 'URLSearchParams', 'encodeURIComponent', 'decodeURIComponent'],
]);

/** Of these names, what is not the same each time. */
export const PURE_USES: readonly Watched[] = [DATE, { name: 'Math', never: ['Math.random', 'Math'] }];

export const PURE_EXEMPTIONS: readonly Exemption[] = [
  {
    path: 'src-renderer/stores/emitter.ts',
    uses: ['reportError()'],
    why: 'A listener that throws is told of, and the others hear all the same.',
  },
];
