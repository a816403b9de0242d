export function composeNotes(
  tag: string | undefined,
  release: { readonly version: string; readonly changelog: string },
): string;
