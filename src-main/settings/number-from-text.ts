/**
 * Variables and flags are text, and a number may be quoted in the file: what is a decimal number to YAML is one there
 * as well. Anything else is left as it is, for a schema to refuse.
 */
export function numberFromText(value: unknown): unknown {
  const isNumber = typeof value === 'string' && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value);
  return isNumber ? Number(value) : value;
}
