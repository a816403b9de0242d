/** The two sides of a comparison in an address: `1@10s..now`. No instant has two dots in it. */
export const formatSides = (from: string, to: string): string => `${from}..${to}`;

/** Without two sides: from the first arrival of the last run to now. */
export function parseSides(detail: string | null): { readonly from: string; readonly to: string } {
  const [from = '', to = ''] = detail?.split('..') ?? [];
  return { from: from.trim() || 'last:0', to: to.trim() || 'now' };
}
