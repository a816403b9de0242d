import { whyNot } from '../../src-shared/run-actions';
import type { Address } from '../stores/address';
import { type CommandId, changesDatabase } from '../stores/commands';
import { offeredRun } from '../stores/cut-off';
import type { ViewName } from '../stores/route';
import type { RunControl } from '../stores/run-control';
import type { TableInCharge } from '../stores/table-in-charge';
import type { WindowModel } from '../window-model';

interface Reach {
  readonly model: WindowModel;
  readonly address: Address;
  readonly runControl: RunControl;
  readonly table: TableInCharge;
  readonly openPalette: () => void;
  readonly chooseFile: () => void;
  readonly isDark: () => boolean;
}

/** The one function behind keys, palette and buttons. */
export function createCommandRunner(reach: Reach): (command: CommandId) => void {
  const { model, address, runControl, table } = reach;
  const { preferences } = model;
  const now = () => preferences.store.getState().preferences;
  const status = () => model.live.getState().status;
  const show = (view: ViewName) => () => address.go({ view, detail: null });
  const act = (action: Parameters<RunControl['act']>[0]) => () => void runControl.act(action, status);

  const commands: Readonly<Record<CommandId, () => void>> = {
    'view.live': show('live'),
    'view.accounts': show('accounts'),
    'view.history': show('history'),
    'view.callbacks': show('callbacks'),
    'view.report': show('report'),
    'view.runs': show('runs'),
    'view.operations': show('operations'),
    'view.logs': show('logs'),
    'view.database': show('database'),
    'view.settings': show('settings'),
    'view.shortcuts': show('shortcuts'),
    'open.file': reach.chooseFile,
    'open.sample': () => {
      address.go({ view: 'live', detail: null });
      void model.staging.openSource({ source: { kind: 'sample' }, name: 'The sample' });
    },
    'run.toggle': () => {
      act(whyNot('pause', status()) === null ? 'pause' : 'resume')();
    },
    'run.step': act('step'),
    'run.stop': act('stop'),
    'run.again': act('again'),
    'run.takeUp': () => {
      const run = offeredRun(model.cutOff.store.getState(), status());
      if (run) void runControl.resumeEnded(run.runId);
    },
    'table.down': () => table.current()?.move(1),
    'table.up': () => table.current()?.move(-1),
    'table.pageDown': () => table.current()?.page(1),
    'table.pageUp': () => table.current()?.page(-1),
    'table.first': () => table.current()?.first(),
    'table.last': () => table.current()?.last(),
    'table.open': () => table.current()?.open(),
    'table.copy': () => table.current()?.copy(),
    'table.fire': () => table.current()?.fire?.(),
    'table.cancel': () => table.current()?.cancel?.(),
    'table.filter': () => table.current()?.filter(),
    'window.palette': reach.openPalette,
    'window.close': () => {
      const { view, inspect } = address.store.getState();
      address.go(view === 'logs' && inspect === null ? { detail: null } : { inspect: null });
    },
    'window.theme': () => preferences.change({ theme: reach.isDark() ? 'light' : 'dark' }),
    'window.density': () =>
      preferences.change({ density: now().density === 'dense' ? 'comfortable' : 'dense' }),
    'window.timeZone': () => preferences.change({ timeZone: now().timeZone === 'utc' ? 'local' : 'utc' }),
  };
  return (command) => {
    if (changesDatabase(command) && model.refusesChanges()) return;
    commands[command]();
  };
}
