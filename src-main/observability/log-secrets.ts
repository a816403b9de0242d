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
/*
 * Inside of JSON texts, up to the end of the text at most. As `maskPassword`, from the first : up to the last @:
 * rather too much. Of a server's address, blanks are hidden as well, but no frame of a stack, nor a sentence behind
 * an address and a colon; other addresses end at a blank, for what follows is mostly no part of them.
 */
const SERVER_PASSWORD =
  /(postgres(?:ql)?:\/\/(?:[^\s:"\\]|\\[^n])*):(?!\s)(?:[^"\\]|\\[^n]|\\n(?!\s+at\s))*@/gi;
const SERVER_PARAMETER =
  /(postgres(?:ql)?:\/\/(?:[^\s"\\]|\\[^n])*[?&](?:ssl)?password=)(?:[^&"\\]|\\[^n])*/gi;
/** `https://ada:secret@host`. */
const PASSWORD = /(:\/\/(?:[^\s/?#:"\\]|\\[^n])*):(?:[^\s"\\]|\\.)*@/g;
/** `?token=secret`. */
const PARAMETER = /((?:password|token|secret)=)(?:[^&#\s"\\]|\\[^n])*/gi;

/** A line of JSON without the passwords and tokens of the addresses in it. */
export function maskSecrets(line: string): string {
  if (!SUSPECT.test(line)) return line;
  return line
    .replace(SERVER_PASSWORD, '$1:***@')
    .replace(SERVER_PARAMETER, '$1***')
    .replace(PASSWORD, '$1:***@')
    .replace(PARAMETER, '$1***');
}
