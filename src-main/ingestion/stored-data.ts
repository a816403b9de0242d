import type { JsonText } from '../../src-shared/update';

/** The program is stored under this name, whatever the source calls it. */
const KEY = 'parentProgram';

/**
 * Adds `parentProgram` to the stored data: as a member if `data` is an object without that name, otherwise beside it, so that
 * nothing is lost. Both texts stay as in the source.
 */
export function keepParentProgram(data: JsonText, parentProgram: JsonText): JsonText {
  if (data.startsWith('{')) {
    // Safe against `__proto__`: JSON.parse creates an own member for it, like for any name.
    const members = Object.keys(JSON.parse(data) as object);
    if (members.length === 0) return `{"${KEY}":${parentProgram}}`;
    if (!members.includes(KEY)) return `{"${KEY}":${parentProgram},${data.slice(1)}`;
  }
  return `{"${KEY}":${parentProgram},"data":${data}}`;
}
