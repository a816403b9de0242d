import { NO_COUNTS, type RunEvent, type RunEventMap, type RunEventName, type RunStatus } from '../events';

const moment = { runId: '1', at: 0, wallMs: 0 };
const callback = { ...moment, id: 'a', version: '1' };
const update = { ...callback, record: 0, accountType: 'mint', tokens: '1' };

const EVENTS: { readonly [Name in RunEventName]: RunEventMap[Name] } = {
  indexed: { ...update, dueMs: 0 },
  stale: { ...update, latest: '2' },
  duplicate: update,
  conflict: update,
  rejected: { ...moment, record: 0, reason: 'version: required' },
  cancelled: { ...callback, callbackRunId: '1', supersededBy: null, skipped: false },
  retracted: { ...moment, slot: '7', accounts: 1 },
  fired: {
    ...callback,
    late: false,
    byHand: false,
    latenessMs: 0,
    account: { id: 'a', accountType: 'mint', tokens: '1', version: '1', data: '{}' },
  },
  report: { ...moment, types: [], moreTypes: false, complete: true },
  summary: { ...moment, counts: NO_COUNTS, complete: true },
};

/** An early event of run 1, with changes. */
export const runEvent = <Name extends RunEventName>(event: Name, changes: Partial<RunEventMap[Name]> = {}) =>
  ({ event, ...EVENTS[event], ...changes }) as RunEvent as Extract<RunEvent, { event: Name }>;

/** The status of run 1 while it runs, with changes. */
export const runStatus = (changes: Partial<RunStatus> = {}): RunStatus => ({
  runId: '1',
  source: 'updates.json',
  state: 'running',
  counts: NO_COUNTS,
  bytesRead: 0,
  bytesTotal: null,
  expectedRecords: null,
  startedAtMs: 0,
  endedAtMs: null,
  awayMs: 0,
  at: 0,
  rate: 1,
  speed: 1,
  simulated: false,
  sourceEnded: false,
  until: null,
  fieldMap: null,
  failure: null,
  ...changes,
});
