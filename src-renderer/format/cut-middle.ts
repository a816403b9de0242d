/** `text` with its middle left out, by whole characters; one that is no longer for it stays whole. */
export function cutMiddle(text: string, head: number, tail: number): string {
  const characters = [...text];
  if (characters.length <= head + tail + 1) return text;
  return `${characters.slice(0, head).join('')}…${characters.slice(-tail).join('')}`;
}
