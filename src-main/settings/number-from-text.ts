/**
 * Variables and flags are text, and a number may be quoted in the file: decimal text becomes a number, as in YAML. Anything else
 * stays as it is, for a schema to refuse.
 */
export function numberFromText(value: unknown): unknown {
  const isNumber = typeof value === 'string' && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value);
  return isNumber ? Number(value) : value;
}
