/**
 * `postgres://ada:secret@host/db?password=x` -> `postgres://ada:***@host/db?password=***`.
 * Hides up to the last @, since people forget to escape what is special in a password: rather too much.
 */
export function maskPassword(text: string): string {
  return text
    .replace(/(:\/\/[^\s/?#:@]*):\S*@/g, '$1:***@')
    .replace(/([?&](?:password|sslpassword)=)[^&#\s]*/gi, '$1***');
}
