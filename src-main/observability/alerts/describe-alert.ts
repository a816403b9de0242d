import type { AlertUnit } from '../../../src-shared/alerts';
import { type AlertDefinition, longestWindowMs } from './alert';

/** Where the runbooks stand. */
export const RUNBOOK_PAGE = 'docs/operations.md';

/** Of its runbook's heading, as Markdown is shown on the web. */
export function anchorOf({ title }: Pick<AlertDefinition, 'title'>): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, '')
    .replaceAll(' ', '-');
}

/** The alert's sentence with its value as it is now. */
export function describeAlert(alert: AlertDefinition, value: number): string {
  return fillIn(alert, formatValue(value, alert.unit));
}

/** The alert's sentence with `value` where its value stands. */
export function fillIn(alert: AlertDefinition, value: string): string {
  const { description, unit, conditions, forMs } = alert;
  return description
    .replaceAll('{value}', value)
    .replaceAll('{threshold}', formatValue(conditions[0].threshold, unit))
    .replaceAll('{window}', formatValue(longestWindowMs([alert]) / 1000, 'seconds'))
    .replaceAll('{for}', formatValue(forMs / 1000, 'seconds'));
}

/** `12.5 %`, `4 min 10 s`, `1.4 GiB`: short, for a sentence. */
export function formatValue(value: number, unit: AlertUnit): string {
  switch (unit) {
    case 'ratio':
      return `${round(value * 100)} %`;
    case 'seconds':
      return formatSeconds(value);
    case 'bytes':
      return formatBytes(value);
    case 'switch':
      return String(value);
  }
}

/** Three figures at least, and no digits behind the point that nobody needs. */
function round(value: number): string {
  return String(value < 100 ? Number(value.toPrecision(3)) : Math.round(value));
}

function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${round(seconds * 1000)} ms`;
  if (seconds < 60) return `${round(seconds)} s`;
  const whole = Math.round(seconds);
  const [large, small, unit] = whole < 3600 ? [60, 1, ['min', 's']] : [3600, 60, ['h', 'min']];
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${unit[0]}${rest > 0 ? ` ${rest} ${unit[1]}` : ''}`;
}

function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let index = 0;
  while (size >= 1024 && index < units.length - 1) {
    size /= 1024;
    index += 1;
  }
  return `${round(size)} ${units[index]}`;
}
