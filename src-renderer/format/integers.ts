/** Whole numbers as text, by strings and BigInt only: 64 bits stay exact. */

import { groupDigits, MINUS } from '../../src-shared/amounts';
import { cutMiddle } from '../../src-shared/printable';
import { type VersionText, versionText } from '../../src-shared/update';

export { formatBytes } from '../../src-shared/amounts';

/** `1,234`, or `5,678:1,234` with a slot. */
export function formatVersion(version: VersionText): string {
  return version.split(':').map(groupDigits).join(':');
}

/** Reads `VERSION` or `SLOT:VERSION`, ignoring separators and blanks; null for anything else. */
export function parseVersion(typed: string): VersionText | null {
  const [first = '', second, ...more] = typed.split(':').map(parseU64);
  if (first === null || second === null || more.length > 0) return null;
  return second === undefined ? first : versionText(first, second);
}

/** A long number without its middle, `18,446…551,615`: neighbours differ in their last digits. */
export function cutVersion(version: VersionText): string {
  return cutMiddle(formatVersion(version), 6, 7);
}

/** Always signed: `+12`, `−3`, `0`. */
export function formatChange(signed: string): string {
  if (signed === '0') return '0';
  return signed.startsWith('-') ? groupDigits(signed) : `+${groupDigits(signed)}`;
}

/** `after - before`, exact, as signed decimal text. */
export function subtractU64(after: string, before: string): string {
  return (BigInt(after) - BigInt(before)).toString();
}

/** Reads a u64, ignoring separators and blanks; null for anything else. */
export function parseU64(typed: string): string | null {
  const text = typed.replace(/[\s,_]/g, '');
  if (!/^\d{1,20}$/.test(text)) return null;
  const value = BigInt(text);
  return value <= 2n ** 64n - 1n ? value.toString() : null;
}

/** `99,999`, then `771k`, `1.08M`. Never above the exact count, which must be shown on hover. */
export function compactCount(count: number): string {
  if (count < 100_000) return groupDigits(count);
  const step = Math.floor(Math.log10(count) / 3);
  const scaled = count / 1000 ** step;
  const decimals = scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
  return `${(Math.floor(scaled * 10 ** decimals) / 10 ** decimals).toFixed(decimals)}${SCALE[step] ?? ''}`;
}

const SCALE = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** For axis labels, where a double is exact enough: `0`, `512`, `1.2k`, `18.4E`. */
export function formatScale(value: number): string {
  let scaled = Math.abs(value);
  let step = 0;
  while (scaled >= 999.5 && step < SCALE.length - 1) {
    scaled /= 1000;
    step += 1;
  }
  const text =
    scaled < 99.95 && step > 0 ? scaled.toFixed(1).replace(/\.0$/, '') : String(Math.round(scaled * 10) / 10);
  return `${value < 0 ? MINUS : ''}${text}${SCALE[step] ?? ''}`;
}

/** The nearest double of a 64-bit integer. For drawing only, never to be shown as text. */
export function drawnHeight(text: string): number {
  return Number(text);
}
