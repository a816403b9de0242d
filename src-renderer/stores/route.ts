/** In the order of the rail. Addresses: `#/accounts?where=type=mint&inspect=<id>&at=3@12.4s`. Inspector and instant can be added to any view. */
export const VIEWS = [
  'live',
  'accounts',
  'history',
  'callbacks',
  'targets',
  'report',
  'runs',
  'connections',
  'compare',
  'sql',
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
  /** The version that the inspector shows; null for the latest. Only with `inspect`. */
  readonly shown: string | null;
  /** The version it is compared with; null for the latest before it. */
  readonly against: string | null;
  /**
   * The filter of the view's table, as `--where` of the command line reads it: `type=mint,tokens>=500`. A stretch of a run's clock is
   * `during=3@12.5s-20s` (`formatDuring`). Null: no filter.
   */
  readonly where: string | null;
  /** The instant that the whole window shows, a text that `parseInstant` reads; null: live. */
  readonly at: string | null;
}

export const HOME: Route = {
  view: 'live',
  detail: null,
  inspect: null,
  shown: null,
  against: null,
  where: null,
  at: null,
};

const isView = (name: string | undefined): name is ViewName => VIEWS.some((view) => view === name);

/** Never fails: an unknown address leads home. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view, ...rest] = path.split('/').map(decode);
  const detail = rest.join('/');
  if (!isView(view)) return HOME;
  const asked = new URLSearchParams(query);
  const inspect = asked.get('inspect') || null;
  const versionOf = (name: string) => (inspect === null ? null : asked.get(name) || null);
  // Links to the updates of a run were once like this.
  const ofRun = view === 'history' && /^\d{1,19}$/.test(detail ?? '');
  const of = ofRun
    ? { detail: null, where: `run=${detail}` }
    : { detail: detail || null, where: asked.get('where') || null };
  return {
    view,
    ...of,
    inspect,
    shown: versionOf('version'),
    against: versionOf('against'),
    at: asked.get('at') || null,
  };
}

export function formatRoute(route: Route): string {
  const path =
    route.detail === null ? route.view : `${route.view}/${readable(encodeURIComponent(route.detail))}`;
  const { inspect, shown, against, where, at } = route;
  const asked = {
    ...(where !== null && { where }),
    ...(inspect !== null && { inspect, ...(shown && { version: shown }), ...(against && { against }) }),
    ...(at !== null && { at }),
  };
  const query = readable(String(new URLSearchParams(asked)));
  return query === '' ? `#/${path}` : `#/${path}?${query}`;
}

/** Nothing needs these escaped, and an address is read by people. A browser escapes `<` and `>` itself. */
const readable = (escaped: string): string =>
  escaped.replace(/%(40|2F|3A|3D|2C|7C|5E|21)/gi, (code) => decodeURIComponent(code));

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
