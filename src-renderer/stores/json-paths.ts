/** Of one filter. */
const MOST_PATHS = 200;
const DEEPEST = 6;
/** Others must be quoted in a path. */
const PLAIN = /^[A-Za-z_$][\w$]*$/;

/** The paths to values in the JSON of rows as the filter by JSON takes them: those of `decoded` first, each once, lists left out. */
export function jsonPathsOf(
  rows: readonly { readonly data: string; readonly decoded: string | null }[],
): readonly string[] {
  const found = new Set<string>();
  const visit = (value: unknown, path: string, depth: number): void => {
    if (found.size >= MOST_PATHS || depth > DEEPEST || Array.isArray(value)) return;
    if (typeof value !== 'object' || value === null) {
      found.add(path);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (PLAIN.test(key)) visit(inner, path === '' ? key : `${path}.${key}`, depth + 1);
    }
  };
  for (const { decoded } of rows) if (decoded !== null) visit({ decoded: JSON.parse(decoded) }, '', 0);
  const decodedPaths = [...found].sort();
  found.clear();
  for (const { data } of rows) {
    const parsed: unknown = JSON.parse(data);
    if (typeof parsed === 'object' && parsed !== null) visit(parsed, '', 1);
  }
  return [...decodedPaths, ...[...found].sort()].slice(0, MOST_PATHS);
}
