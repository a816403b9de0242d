import { parseRunTime } from './instant';
import { formatRunTime } from './run-clock';

/** A stretch of a run's clock, both ends included. */
export interface RunStretch {
  readonly runId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const STRETCH = /^([1-9]\d{0,18})@(.+)-(.+)$/;

/**
 * `RUN@FROM-TO`, such as `3@12.5s-20s` or `3@00:12.500-00:20`: the filter `during` of the tables, in an address
 * (`#/history?where=during=3@12.5s-20s`) and after `--where`. Null for another text.
 */
export function parseDuring(text: string): RunStretch | null {
  const [, runId, from = '', to = ''] = STRETCH.exec(text.trim()) ?? [];
  const [fromMs, toMs] = [parseRunTime(from), parseRunTime(to)];
  if (runId === undefined || fromMs === null || toMs === null || toMs < fromMs) return null;
  return { runId, fromMs, toMs };
}

/** Text that `parseDuring` reads as the same stretch. */
export const formatDuring = ({ runId, fromMs, toMs }: RunStretch): string =>
  `${runId}@${formatRunTime(fromMs)}-${formatRunTime(toMs)}`;

/** A condition on a place in the JSON of an account. */
export interface DataTest {
  /** As `parseDataTest` reads it, with texts in quotes. */
  readonly text: string;
  /** The place, as an SQL/JSON path. */
  readonly path: string;
  /** Null: there is anything at that place. */
  readonly test: {
    readonly operator: '=' | '!=' | '>=' | '<=' | '>' | '<' | '^=';
    /** JSON of a text, a number, true, false or null; kept as it was written, so that large numbers stay exact. */
    readonly value: string;
  } | null;
}

const STEP = /^(?:\.?([A-Za-z_$][\w$-]*)|\.?("(?:[^"\\]|\\.)*")|\[(\d{1,9}|\*)\])/;
const COMPARED = /^\s*(!=|>=|<=|\^=|=|>|<)\s*([\s\S]+)$/;
const NUMBER = /^-?(0|[1-9]\d{0,39})(\.\d{1,40})?([eE][+-]?\d{1,3})?$/;

/**
 * `mint.decimals >= 6`, `owner = "abc"`, `creators[0].share < 50`, `"odd key"[*] = null`, or a path alone. A bare word is a text.
 * `^=`: the text begins with it. Null for another text.
 */
export function parseDataTest(written: string): DataTest | null {
  let path = '$';
  let text = '';
  let rest = written.trim();
  for (let step = STEP.exec(rest); step; step = STEP.exec(rest)) {
    const [whole, word, quoted, place] = step;
    const key = quoted === undefined ? word : textOf(quoted);
    if (place === undefined && (key === undefined || !isStorable(key))) return null;
    path += place === undefined ? `.${JSON.stringify(key)}` : `[${place}]`;
    text += text === '' ? whole.replace(/^\./, '') : whole;
    rest = rest.slice(whole.length);
  }
  if (text === '') return null;
  if (rest.trim() === '') return { text, path, test: null };
  const [, operator, compared = ''] = COMPARED.exec(rest) ?? [];
  const value = comparedValue(compared.trim());
  if (operator === undefined || value === undefined || (operator === '^=' && !value.startsWith('"')))
    return null;
  return {
    text: `${text}${operator}${value}`,
    path,
    test: { operator: operator as NonNullable<DataTest['test']>['operator'], value },
  };
}

function comparedValue(written: string): string | undefined {
  if (/^(true|false|null)$/.test(written) || NUMBER.test(written)) return written;
  const text = written.startsWith('"') ? textOf(written) : /["\\]/.test(written) ? undefined : written;
  return text === undefined || !isStorable(text) ? undefined : JSON.stringify(text);
}

function textOf(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}

/** The database has no NUL and no half of a surrogate pair in a text. */
const isStorable = (text: string) => !/[\0\p{Cs}]/u.test(text);
