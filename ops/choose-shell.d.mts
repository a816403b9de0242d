type Variables = Readonly<Record<string, string | undefined>>;

export declare function chooseShell(given: {
  readonly args: readonly string[];
  readonly platform: NodeJS.Platform;
  readonly variables: Variables;
  readonly hasRuntime: boolean;
  readonly failedLately: boolean;
}): 'electron' | 'fetch' | 'web';

export declare function composeElectronArguments(given: {
  readonly root: string;
  readonly args: readonly string[];
  readonly isRoot: boolean;
}): string[];

export declare function composeEnvironment(variables: Variables): Record<string, string | undefined>;
