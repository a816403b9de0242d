import type { JsonText } from '../../src-shared/update';

/** Under this name the program is kept, whatever the source called it. */
const KEY = 'parentProgram';

/**
 * Puts `parentProgram` into the stored data: as a member if `data` is an object that has none of that
 * name, else beside it, so that nothing is lost either way. Both texts stay as they are in the source.
 */
export function keepParentProgram(data: JsonText, parentProgram: JsonText): JsonText {
  if (data.startsWith('{')) {
    // Safe against `__proto__`: JSON.parse makes an own member of it, as of any other name.
    const members = Object.keys(JSON.parse(data) as object);
    if (members.length === 0) return `{"${KEY}":${parentProgram}}`;
    if (!members.includes(KEY)) return `{"${KEY}":${parentProgram},${data.slice(1)}`;
  }
  return `{"${KEY}":${parentProgram},"data":${data}}`;
}
