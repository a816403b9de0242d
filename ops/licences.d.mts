import type { Plugin } from 'vite';

/** A package that Ingot ships, in `out/licences.json`. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** As its manifest states it, mostly an SPDX expression. */
  readonly licence: string | null;
  readonly homepage: string | null;
  /** Its licence and notices in full. */
  readonly text: string | null;
  /** Its code is in Ingot's own files; otherwise it is in `directory`. */
  readonly bundled: boolean;
  readonly directory: string;
}
export function licencesPlugin(): Plugin;
export function joinLicences(out: string): void;
