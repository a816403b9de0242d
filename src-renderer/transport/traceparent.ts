/**
 * A new trace, and the span in it that its first call is: the W3C trace context that goes with the call. Whether
 * it is kept is the host's to decide.
 */
export function createTraceparent(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `00-${digits.slice(0, 32)}-${digits.slice(32)}-01`;
}
