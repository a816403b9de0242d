export interface RedisProgram {
  readonly program: string;
  /** For the loader of the system; empty: its own are enough. */
  readonly libraries: string;
}

export declare function findRedis(): RedisProgram | undefined;
export declare function ensureRedis(): RedisProgram;
