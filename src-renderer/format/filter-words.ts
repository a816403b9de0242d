import { formatSpan, groupDigits } from '../../src-shared/amounts';
import { cutId, toPrintable } from '../../src-shared/printable';
import { formatRunTime } from '../../src-shared/run-clock';
import { parseDuring } from '../../src-shared/table-filters';
import type { QueryOf } from '../../src-shared/tables';
import { formatVersion } from './integers';

/** What each of the tables can be filtered by. */
export type Filter = QueryOf<'updates'>['filter'] &
  Pick<NonNullable<QueryOf<'callbacks'>['filter']>, 'deliveries'>;

export interface FilterWords {
  readonly words: string;
  /** What taking it away changes. */
  readonly without: { readonly [Field in keyof Filter]?: Filter[Field] | undefined };
}

/** Each active part of a filter, in words. */
export function filterWords(filter: Filter): readonly FilterWords[] {
  const { idPrefix, runId, tokensFrom, tokensTo, versionFrom, versionTo, changeFrom, changeTo, lateFrom } =
    filter;
  const one = (words: string | null, ...fields: (keyof Filter)[]): FilterWords[] =>
    words === null ? [] : [{ words, without: Object.fromEntries(fields.map((field) => [field, undefined])) }];
  const anyOf = (label: string, field: 'accountTypes' | 'outcomes' | 'callbackStates' | 'deliveries') =>
    one(filter[field]?.length ? `${label}: ${filter[field].map(toPrintable).join(' or ')}` : null, field);
  const each = (field: 'exceptIds' | 'exceptTypes' | 'data', write: (value: string) => string) =>
    (filter[field] ?? []).map((value) => ({
      words: write(value),
      without: { [field]: filter[field]?.filter((other) => other !== value) },
    }));
  return [
    ...one(idPrefix ? `Id begins with ${toPrintable(idPrefix)}` : null, 'idPrefix'),
    ...each('exceptIds', (id) => `Not ${cutId(id)}`),
    ...anyOf('Type', 'accountTypes'),
    ...each('exceptTypes', (type) => `Type: not ${toPrintable(type)}`),
    ...anyOf('Outcome', 'outcomes'),
    ...one(
      filter.retracted === undefined ? null : filter.retracted === 'yes' ? 'Retracted' : 'Not retracted',
      'retracted',
    ),
    ...anyOf('Callback', 'callbackStates'),
    ...anyOf('Delivery', 'deliveries'),
    ...one(range('Tokens', tokensFrom, tokensTo, groupDigits), 'tokensFrom', 'tokensTo'),
    ...one(range('Version', versionFrom, versionTo, formatVersion), 'versionFrom', 'versionTo'),
    ...one(changeWords(changeFrom, changeTo), 'changeFrom', 'changeTo'),
    ...one(lateFrom === undefined ? null : `Late by ≥ ${formatSpan(Number(lateFrom))}`, 'lateFrom'),
    ...one(runId === undefined ? null : `Run ${groupDigits(runId)}`, 'runId'),
    ...one(filter.during === undefined ? null : duringWords(filter.during), 'during'),
    ...each('data', (test) => `JSON: ${toPrintable(test)}`),
  ];
}

function range(
  label: string,
  from: string | undefined,
  to: string | undefined,
  write: (value: string) => string,
): string | null {
  if (from === undefined) return to === undefined ? null : `${label} ≤ ${write(to)}`;
  if (to === undefined) return `${label} ≥ ${write(from)}`;
  return from === to ? `${label} ${write(from)}` : `${label} ${write(from)} – ${write(to)}`;
}

function changeWords(from: string | undefined, to: string | undefined): string | null {
  const by = (least: string) => (least === '1' ? '' : ` by ≥ ${groupDigits(least)}`);
  if (to === undefined && from !== undefined && BigInt(from) > 0n) return `Tokens rose${by(from)}`;
  if (from === undefined && to !== undefined && BigInt(to) < 0n) return `Tokens fell${by(to.slice(1))}`;
  return range('Change of tokens', from, to, groupDigits);
}

function duringWords(during: string): string {
  const stretch = parseDuring(during);
  if (stretch === null) return during;
  const { runId, fromMs, toMs } = stretch;
  return `Run ${groupDigits(runId)} from ${formatRunTime(fromMs)} to ${formatRunTime(toMs)}`;
}
