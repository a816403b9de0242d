import { toPrintable } from '../../src-shared/printable';

/** The last part of a path, with either kind of slash, safe to show. */
export function fileName(path: string): string {
  const parts = path.split(/[\\/]/);
  return toPrintable(parts[parts.length - 1] || path);
}
