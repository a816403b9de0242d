import { cutMiddle, toPrintable } from '../../src-shared/printable';

/** Base58 ids share neither start nor end, so both are shown. */
const HEAD = 6;
const TAIL = 5;

/** `6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz` to `6BhkGC…yZFoz`. A short id stays whole. */
export function cutId(id: string): string {
  return cutMiddle(toPrintable(id), HEAD, TAIL);
}

/** The last part of a path, with either kind of slash, safe to show. */
export function fileName(path: string): string {
  const parts = path.split(/[\\/]/);
  return toPrintable(parts[parts.length - 1] || path);
}
