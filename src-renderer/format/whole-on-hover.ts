/** What a tip says of a text that may be cut: all of it, if it is longer than `room` characters; else no tip is needed. */
export function wholeOnHover(text: string, room: number): string | undefined {
  return text.length > room ? text : undefined;
}
