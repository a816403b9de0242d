/** One plot or figure of the dashboard. */
export interface PanelSpec {
  readonly title: string;
  /** What to read from it, in a sentence. */
  readonly about: string;
  readonly kind: 'plot' | 'stack' | 'figure' | 'states';
  /** A unit of Grafana's. */
  readonly unit: string;
  /** Expressions, each with the legend of its series. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** Of the 24 columns of a row. */
  readonly width: number;
  /** From here on it is shown in red; of a figure that should be large, up to here. */
  readonly limit?: { readonly value: number; readonly bad: 'above' | 'below' };
  /** What values are called. */
  readonly words?: Readonly<Record<string, string>>;
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}
