const LINE_BYTES = 16;

/** Lines of 16 bytes in hex, each after its place, the first of which is `from`: `00000010  0a 0b …`. */
export function hexLines(given: Iterable<number>, from: number): string {
  const bytes = Array.from(given, (byte) => byte.toString(16).padStart(2, '0'));
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const place = (from + at).toString(16).padStart(8, '0');
    lines.push(
      `${place}  ${bytes.slice(at, at + LINE_BYTES / 2).join(' ')}  ${bytes.slice(at + LINE_BYTES / 2, at + LINE_BYTES).join(' ')}`.trimEnd(),
    );
  }
  return lines.join('\n');
}
