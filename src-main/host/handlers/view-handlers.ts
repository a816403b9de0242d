import { IngotError } from '../../../src-shared/errors';
import { mapKinds } from '../../../src-shared/timeline';
import { findRun } from '../../runs/sql/runs';
import type { SomeHandlers } from '../dispatch';
import type { Session } from '../session';

export function createViewHandlers(session: Session): SomeHandlers {
  const views = () => session.current().views;
  const callbacks = () => session.engine().callbacks;
  return {
    'accounts.page': async (query) => views().accounts(query),
    async 'accounts.get'({ id }) {
      const account = await views().account(id);
      if (!account) throw new IngotError('not_found', 'There is no account of that id.');
      return account;
    },
    'accounts.versions': async (query) => views().versions(query),
    'history.page': async (query) => views().history(query),
    'callbacks.page': async (query) => views().callbacks(query),
    async 'callbacks.counts'() {
      return { ...(await views().callbackCounts()), paused: session.isHeld() };
    },
    async 'callbacks.fire'(key) {
      await callbacks().fire(key);
      return null;
    },
    async 'callbacks.cancel'(key) {
      await callbacks().cancel(key);
      return null;
    },
    async 'callbacks.pause'() {
      await session.pauseCallbacks();
      return null;
    },
    async 'callbacks.resume'() {
      await session.resumeCallbacks();
      return null;
    },
    'runs.rejects': async (query) => views().rejects(query),
    async 'timeline.get'({ runId }) {
      const figures = session.figuresOf(runId) ?? (await findRun(session.current().database, runId));
      if (!figures) throw new IngotError('not_found', `There is no run ${runId}.`);
      const { counts, timeline } = figures;
      return { runId, ...timeline, counted: mapKinds((kind) => counts[kind]) };
    },
    'report.get': async ({ afterType = null }) => views().report(afterType),
    'report.leaders': async (query) => views().leaders(query),
  };
}
