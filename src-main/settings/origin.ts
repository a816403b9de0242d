/** Where a setting's value came from. */
export type Origin =
  | { readonly source: 'default' }
  | { readonly source: 'file'; readonly path: string; readonly key: string }
  | { readonly source: 'variable'; readonly name: string }
  | { readonly source: 'flag'; readonly name: string }
  /** It has no effect, because another setting, set here, replaced it. */
  | { readonly source: 'unused'; readonly instead: Origin };

/** For a person: what to look for, and where. */
export function describeOrigin(origin: Origin): string {
  switch (origin.source) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.key} in ${origin.path}`;
    case 'variable':
    case 'flag':
      return origin.name;
    case 'unused':
      return `not used with ${describeOrigin(origin.instead)}`;
  }
}
