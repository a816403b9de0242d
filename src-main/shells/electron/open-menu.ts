import { Menu } from 'electron';
import type { RecentSource } from '../../../src-shared/contract';
import type { RunState } from '../../../src-shared/update';
import type { Logger } from '../../observability/logger';
import { canRun, composeMenu, type MenuActions, RUN_COMMANDS } from './menu';

export interface MenuDeps {
  readonly actions: MenuActions;
  readonly listRecent: () => Promise<readonly RecentSource[]>;
  readonly devTools: boolean;
  readonly logger: Logger;
}

export interface AppMenu {
  /** Lists the recent files anew. */
  refresh(): Promise<void>;
  /** Lets through what can be done with a run in this state. */
  noteRun(state: RunState | null): void;
}

/** Sets the application's menu and keeps it true. */
export function openMenu({ actions, listRecent, devTools, logger }: MenuDeps): AppMenu {
  let runState: RunState | null = null;
  let menu: Menu | null = null;

  const put = (recent: readonly RecentSource[]) => {
    const { platform } = process;
    menu = Menu.buildFromTemplate(composeMenu({ platform, recent, runState, devTools }, actions));
    Menu.setApplicationMenu(menu);
  };
  put([]);

  return {
    async refresh() {
      try {
        put(await listRecent());
      } catch (error) {
        logger.warn({ err: error }, 'the recent files could not be listed');
      }
    },
    noteRun(state) {
      if (state === runState) return;
      runState = state;
      for (const name of RUN_COMMANDS) {
        const item = menu?.getMenuItemById(name);
        // In place: a menu that is open while it is set anew would close.
        if (item) item.enabled = canRun(name, state);
      }
    },
  };
}
