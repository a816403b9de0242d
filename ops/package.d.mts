import type { ShippedPackage } from './licences.mjs';

export const PREPARED: string;
export const FUSES: Readonly<
  Record<
    | 'runAsNode'
    | 'enableCookieEncryption'
    | 'enableNodeOptionsEnvironmentVariable'
    | 'enableNodeCliInspectArguments'
    | 'enableEmbeddedAsarIntegrityValidation'
    | 'onlyLoadAppFromAsar'
    | 'loadBrowserProcessSpecificV8Snapshot'
    | 'grantFileProtocolExtraPrivileges',
    boolean
  >
>;
export function readShipped(): readonly ShippedPackage[];
export function findRuntime(
  variables?: Readonly<Record<string, string | undefined>>,
): { readonly directory: string; readonly program: string; readonly version: string } | null;

export interface Packaged {
  readonly root: string;
  readonly program: string;
  readonly resources: string;
}
export function findPackaged(dist?: string): Packaged | null;
