/** Control characters, and those that turn the direction of writing: a file must not steer a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from outside, such that it shows as what it is: on one line, a tab as `\u{9}`. */
export function toPrintable(text: string): string {
  return text.replace(UNPRINTABLE, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}

/** `6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz` -> `6BhkGC…ZFoz`. */
export function shortenId(id: string): string {
  return id.length <= 13 ? id : `${id.slice(0, 6)}…${id.slice(-4)}`;
}
