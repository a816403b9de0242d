import { Menu } from 'electron';
import type { RecentSource } from '../../../src-shared/contract';
import type { ControlledRun } from '../../../src-shared/run-actions';
import type { Logger } from '../../observability/logger';
import { canRun, composeMenu, type MenuActions, RUN_COMMANDS } from './menu';

export interface MenuDeps {
  readonly actions: MenuActions;
  readonly listRecent: () => Promise<readonly RecentSource[]>;
  /** The window is read-only. */
  readonly readOnly: boolean;
  readonly devTools: boolean;
  readonly logger: Logger;
}

export interface AppMenu {
  /** Updates the list of recent files. */
  refresh(): Promise<void>;
  /** Enables what is possible for the run. */
  noteRun(run: ControlledRun | null): void;
}

/** Sets the application's menu and keeps it up to date. */
export function openMenu({ actions, listRecent, readOnly, devTools, logger }: MenuDeps): AppMenu {
  let run: ControlledRun | null = null;
  let menu: Menu | null = null;

  const put = (recent: readonly RecentSource[]) => {
    const { platform } = process;
    menu = Menu.buildFromTemplate(composeMenu({ platform, recent, run, readOnly, devTools }, actions));
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
    noteRun(now) {
      run = now;
      for (const name of RUN_COMMANDS) {
        const item = menu?.getMenuItemById(name);
        // In place: an open menu closes when it is replaced.
        const enabled = canRun(name, { run, readOnly });
        if (item && item.enabled !== enabled) item.enabled = enabled;
      }
    },
  };
}
