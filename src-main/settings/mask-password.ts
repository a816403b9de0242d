/**
 * `postgres://ada:secret@host/db?password=x` -> `postgres://ada:***@host/db?password=***`. Masks from the first : after the
 * scheme to the last @, because people forget to escape special characters: rather too much than too little.
 */
export function maskPassword(address: string): string {
  return address
    .replace(/^((?:[a-z][a-z\d+.-]*:\/\/)?(?!\/)[^:]*):(?!\/\/)[\s\S]*@/i, '$1:***@')
    .replace(/((?:ssl)?password=)[^&]*/gi, '$1***');
}
