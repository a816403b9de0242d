export function describeBuild(root?: string): {
  readonly commit: string | null;
  readonly date: string | null;
  readonly postgres: string;
};
