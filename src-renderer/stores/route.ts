/** In the order of the rail. Addresses: `#/accounts?inspect=<id>`. The inspector can be added to any view. */
export const VIEWS = [
  'live',
  'accounts',
  'history',
  'callbacks',
  'report',
  'runs',
  'operations',
  'logs',
  'database',
  'settings',
  'about',
] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  /** Chosen inside the view: a tab, a run. */
  readonly detail: string | null;
  readonly inspect: string | null;
}

export const HOME: Route = { view: 'live', detail: null, inspect: null };

const isView = (name: string | undefined): name is ViewName => VIEWS.some((view) => view === name);

/** Never fails: an unknown address leads home. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view, detail] = path.split('/').map(decode);
  if (!isView(view)) return HOME;
  const inspect = new URLSearchParams(query).get('inspect');
  return { view, detail: detail || null, inspect: inspect || null };
}

export function formatRoute(route: Route): string {
  const path = route.detail === null ? route.view : `${route.view}/${encodeURIComponent(route.detail)}`;
  return route.inspect === null
    ? `#/${path}`
    : `#/${path}?${new URLSearchParams({ inspect: route.inspect })}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
