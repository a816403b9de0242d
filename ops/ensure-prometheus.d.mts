export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

interface Options {
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly cache?: string;
}

export declare function findPrometheus(options?: Options): PrometheusPrograms | undefined;
export declare function ensurePrometheus(options?: Options): PrometheusPrograms;
