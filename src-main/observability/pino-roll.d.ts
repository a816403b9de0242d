declare module 'pino-roll' {
  import type SonicBoom from 'sonic-boom';
  import type { SonicBoomOpts } from 'sonic-boom';

  interface RollOptions extends Omit<SonicBoomOpts, 'fd' | 'dest'> {
    /** `dir/name`; files are `dir/name.1.log`, `dir/name.2.log`, ... */
    readonly file: string;
    readonly extension?: string;
    /** `10m`, `64k`, `300b`. */
    readonly size?: string;
    /** With `removeOtherLogFiles`, files in all; else files beside the one in use, of this process alone. */
    readonly limit?: { readonly count: number; readonly removeOtherLogFiles?: boolean };
  }
  export default function openRollingFile(options: RollOptions): Promise<SonicBoom>;
}
