/**
 * Makes text from a source safe to show. Two different texts never look the same, no text is invisible, and no text steers a
 * terminal or turns the direction of the text beside it. Look-alike letters of different alphabets are not told apart.
 */

/**
 * Controls, formats (zero width, direction, tags), private and unassigned characters, line ends, every blank except the common
 * one, fillers, and the empty Braille pattern.
 */
const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Also what is hidden only in some places: a blank at an end or beside another, and an accent without a letter. */
const HIDDEN_IN_NAME =
  /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]|^\p{M}|^ | $|(?<= ) |\\(?=u\{)/gu;

/** Fast path: most ids and names need no replacement. */
const PLAIN = /^[!-[\]-~]*$/;

/**
 * For an id, a type or a file name: `a\u202eb` becomes `a\u{202e}b`, and a blank that would not be seen becomes `\u{20}`.
 * Different names stay different.
 */
export function toPrintable(name: string): string {
  return PLAIN.test(name) ? name : name.replace(HIDDEN_IN_NAME, codeOf);
}

/** The last part of a path, with either kind of slash, safe to show. */
export function fileName(path: string): string {
  const parts = path.split(/[\\/]/);
  return toPrintable(parts[parts.length - 1] || path);
}

/** For a message: its blanks stay, other invisible characters become codes. */
export function toPrintableText(text: string): string {
  return text.replace(INVISIBLE, codeOf);
}

/** The result is the same JSON: invisible characters become JSON escapes, such as `\u202e`. */
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

/** `text` without its middle, cut at whole characters: `6BhkGC…yZFoz`. Unchanged if it would not get shorter. */
export function cutMiddle(text: string, head: number, tail: number): string {
  const characters = [...text];
  if (characters.length <= head + tail + 1) return text;
  return `${characters.slice(0, head).join('')}…${characters.slice(-tail).join('')}`;
}

/** Base58 ids share neither start nor end, so both are shown. */
const ID_HEAD = 6;
const ID_TAIL = 5;

/** `6BhkGCMVMyrjEEkrASJcLxfAvoW43g6BubxjpeUyZFoz` to `6BhkGC…yZFoz`. A short id stays whole. */
export function cutId(id: string): string {
  return cutMiddle(toPrintable(id), ID_HEAD, ID_TAIL);
}
