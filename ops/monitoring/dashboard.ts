import { DASHBOARD_ROWS } from './dashboard-panels';
import type { PanelSpec, RowSpec } from './panel-spec';

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const HEIGHTS = { figure: 4, states: 6, plot: 8, stack: 8 } as const;
const TYPES = { figure: 'stat', states: 'state-timeline', plot: 'timeseries', stack: 'timeseries' } as const;

/** A dashboard as Grafana imports it: JSON, whose data source and instances are chosen at its top. */
export function renderDashboard(rows: readonly RowSpec[] = DASHBOARD_ROWS): string {
  const dashboard = {
    title: 'Ingot',
    uid: 'ingot',
    description: 'Made by `npm run alerts` from ops/monitoring/dashboard-panels.ts.',
    tags: ['ingot'],
    schemaVersion: 38,
    editable: true,
    refresh: '10s',
    time: { from: 'now-15m', to: 'now' },
    graphTooltip: 1,
    templating: { list: VARIABLES },
    panels: layOut(rows),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

const fromLabel = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource: DATASOURCE,
  query: { query, refId: name },
  definition: query,
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { selected: true, text: ['All'], value: ['$__all'] },
});
const VARIABLES = [
  { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 },
  fromLabel('job', 'Job', 'label_values(ingot_build_info, job)'),
  fromLabel('instance', 'Instance', 'label_values(ingot_build_info{job=~"$job"}, instance)'),
];

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Side by side as far as the 24 columns reach, each row under a title of its own. */
function layOut(rows: readonly RowSpec[]): readonly object[] {
  let y = 0;
  let id = 0;
  const nextId = () => {
    id += 1;
    return id;
  };
  return rows.flatMap(({ title, panels }) => {
    const head = {
      id: nextId(),
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    };
    let x = 0;
    let height = 0;
    y += 1;
    const placed = panels.map((panel) => {
      if (x + panel.width > 24) {
        x = 0;
        y += height;
        height = 0;
      }
      const h = HEIGHTS[panel.kind];
      const place = { x, y, w: panel.width, h };
      x += panel.width;
      height = Math.max(height, h);
      return renderPanel(panel, nextId(), place);
    });
    y += height;
    return [head, ...placed];
  });
}

function renderPanel(panel: PanelSpec, id: number, gridPos: Place): object {
  const { title, about, kind, unit, queries } = panel;
  return {
    id,
    type: TYPES[kind],
    title,
    description: about,
    datasource: DATASOURCE,
    gridPos,
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legendFormat || '__auto',
      range: kind !== 'figure',
      instant: kind === 'figure',
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: kind === 'plot' || kind === 'stack' ? 0 : undefined,
        mappings: mappingsOf(panel),
        thresholds: thresholdsOf(panel),
        ...(panel.limit === undefined && kind !== 'states' && { color: { mode: 'palette-classic' } }),
        custom: customOf(kind),
      },
      overrides: [],
    },
    options: optionsOf(panel),
  };
}

function mappingsOf({ words }: PanelSpec): readonly object[] {
  if (!words) return [];
  const options = Object.entries(words).map(([value, text], index) => [value, { text, index }]);
  return [{ type: 'value', options: Object.fromEntries(options) }];
}

function thresholdsOf({ limit }: PanelSpec): object {
  if (!limit) return { mode: 'absolute', steps: [{ color: 'blue', value: null }] };
  const [under, over] = limit.bad === 'above' ? ['green', 'red'] : ['red', 'green'];
  return {
    mode: 'absolute',
    steps: [
      { color: under, value: null },
      { color: over, value: limit.value },
    ],
  };
}

function customOf(kind: PanelSpec['kind']): object {
  if (kind === 'figure') return {};
  if (kind === 'states') return { fillOpacity: 70, lineWidth: 0 };
  return {
    drawStyle: 'line',
    fillOpacity: kind === 'stack' ? 40 : 8,
    lineWidth: 1,
    showPoints: 'never',
    stacking: { mode: kind === 'stack' ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: 'line' },
  };
}

function optionsOf({ kind, queries }: PanelSpec): object {
  if (kind === 'states') {
    return { mergeValues: true, showValue: 'never', rowHeight: 0.8, legend: { showLegend: false } };
  }
  if (kind !== 'figure') {
    return {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    };
  }
  const named = queries.some(([, legend]) => legend !== '');
  return {
    colorMode: 'value',
    graphMode: 'none',
    textMode: named ? 'name' : 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  };
}
