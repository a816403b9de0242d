/** A true minus sign is as wide as a plus, unlike the hyphen. */
export const MINUS = '\u2212';

/** `"1234567"` to `"1,234,567"`, signed or not. */
export function groupDigits(value: string | number): string {
  const text = typeof value === 'number' ? Math.trunc(value).toString() : value;
  const negative = text.startsWith('-');
  const digits = negative ? text.slice(1) : text;
  if (digits.length <= 3) return negative ? MINUS + digits : digits;
  let grouped = '';
  const head = digits.length % 3;
  if (head > 0) grouped = digits.slice(0, head);
  for (let at = head; at < digits.length; at += 3) {
    grouped += (grouped === '' ? '' : ',') + digits.slice(at, at + 3);
  }
  return negative ? MINUS + grouped : grouped;
}

/** `1 row`, `2,000 rows`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${groupDigits(count)} ${count === 1 ? one : many}`;
}

/** `0` to `100`; 100 only when everything is done. */
export function wholePercent(part: number, whole: number): number {
  if (whole <= 0) return 0;
  return part >= whole ? 100 : Math.min(99, Math.floor((part / whole) * 100));
}

/** `0`, `0.4`, `12`, `4,980`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.05) return '<0.1';
  return perSecond < 9.95 ? perSecond.toFixed(1) : groupDigits(Math.round(perSecond));
}

/** `0 ms`, `12.3 s`, `4 m 05 s`, `2 h 04 m`, `3 d 04 h`, `4 d`. */
export function formatSpan(spanMs: number): string {
  const ms = Math.max(0, spanMs);
  if (ms < 1) return ms === 0 ? '0 ms' : '<1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days < 10_000) return hours % 24 === 0 ? `${days} d` : `${days} d ${two(hours % 24)} h`;
  return `${Math.round(days / 365.25).toLocaleString('en')} y`;
}

const BYTE_UNITS = ['kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, as in file managers: `28.3 kB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${groupDigits(bytes)} B`;
  let value = bytes;
  let unit: (typeof BYTE_UNITS)[number] = 'kB';
  for (const next of BYTE_UNITS) {
    value /= 1000;
    unit = next;
    if (value < 999.95) break;
  }
  return `${value < 99.95 ? value.toFixed(1) : groupDigits(Math.round(value))} ${unit}`;
}
