/**
 * Text from a source as a person may see it. Two different texts must never look the same, no text may look like
 * nothing, and none may steer a terminal or turn the direction of what stands beside it. Letters of different
 * alphabets that look alike are not told apart.
 */

/**
 * Controls, formats (zero width, direction, tags), private and unassigned characters, line ends, all blanks but the
 * common one, fillers, and the empty Braille pattern.
 */
const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Also what only some places hide: a blank at an end or beside another, and an accent with nothing to stand on. */
const HIDDEN_IN_NAME =
  /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]|^\p{M}|^ | $|(?<= ) |\\(?=u\{)/gu;

/** Most ids and names: nothing to replace, found out quickly. */
const PLAIN = /^[!-[\]-~]*$/;

/** An id, a type, a file name: `a\u202eb` as `a\u{202e}b`, and each blank that would not be seen as `\u{20}`. Different names stay different. */
export function toPrintable(name: string): string {
  return PLAIN.test(name) ? name : name.replace(HIDDEN_IN_NAME, codeOf);
}

/** Running text such as a message: its blanks stay, all else that is invisible is shown by its code. */
export function toPrintableText(text: string): string {
  return text.replace(INVISIBLE, codeOf);
}

/** JSON that stays the same JSON: what is invisible in it is written as JSON's own escape, `\u202e`. */
export function toPrintableJson(json: string): string {
  return json.replace(INVISIBLE, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

function codeOf(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** `text` without its middle, by whole characters: `6BhkGC…yZFoz`. One that would not get shorter stays whole. */
export function cutMiddle(text: string, head: number, tail: number): string {
  const characters = [...text];
  if (characters.length <= head + tail + 1) return text;
  return `${characters.slice(0, head).join('')}…${characters.slice(-tail).join('')}`;
}
