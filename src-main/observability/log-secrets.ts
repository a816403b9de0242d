/** Fields that are never written, wherever in the first two depths of an entry they lie. */
export const SECRET_FIELDS: readonly string[] = [
  'password',
  'passwd',
  'secret',
  'token',
  'cookie',
  'authorization',
].flatMap((name) => [name, `*.${name}`]);

/** What only a line with a secret in one of its texts can hold: most lines are looked at no further. */
const SUSPECT = /:\/\/|(?:password|token|secret)=/i;
/**
 * `postgres://ada:secret@host` and `?token=secret` inside of JSON texts: up to the end of the text at most. As
 * `maskPassword`, up to the last @: rather too much.
 */
const PASSWORD = /(:\/\/[^\s/?#:@"\\]*):(?:[^\s"\\]|\\.)*@/g;
const PARAMETER = /((?:password|token|secret)=)[^&#\s"\\]*/gi;

/** A line of JSON without the passwords and tokens of the addresses in it. */
export function maskSecrets(line: string): string {
  if (!SUSPECT.test(line)) return line;
  return line.replace(PASSWORD, '$1:***@').replace(PARAMETER, '$1***');
}
