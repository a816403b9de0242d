export declare function findElectron(
  variables?: Readonly<Record<string, string | undefined>>,
  packageDirectory?: string,
): string | undefined;

export declare function hasFailedLately(failed?: string): boolean;

export declare function fetchElectron(options?: {
  readonly packageDirectory?: string;
  readonly failed?: string;
  readonly longestSilenceMs?: number;
}): Promise<string | undefined>;
