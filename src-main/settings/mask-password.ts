/**
 * `postgres://ada:secret@host/db?password=x` -> `postgres://ada:***@host/db?password=***`, of a text that is one
 * address, or was meant to be one. Hides from the first : after the scheme up to the last @, since people forget
 * to escape what is special in a user or a password: rather too much.
 */
export function maskPassword(address: string): string {
  return address
    .replace(/^((?:[a-z][a-z\d+.-]*:\/\/)?(?!\/)[^:]*):(?!\/\/)[\s\S]*@/i, '$1:***@')
    .replace(/((?:ssl)?password=)[^&]*/gi, '$1***');
}
