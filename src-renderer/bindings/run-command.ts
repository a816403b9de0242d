import type { StoreApi } from 'zustand';
import { countOf } from '../../src-shared/amounts';
import { type CommandId, commandOf, whyNotNow } from '../../src-shared/commands';
import { whyNot, whyNotOn } from '../../src-shared/run-actions';
import type { RunGoal } from '../../src-shared/run-goal';
import { nextTimeShown } from '../format/times';
import type { Address } from '../stores/address';
import { offeredRun } from '../stores/cut-off';
import type { InstantStore } from '../stores/instant';
import type { ViewName } from '../stores/route';
import { nextSpeed, type RunControl } from '../stores/run-control';
import type { TableInCharge } from '../stores/table-in-charge';
import type { ZoomStore } from '../stores/zoom';
import type { WindowModel } from '../window-model';
import type { Overlay } from './window-context';

interface Reach {
  readonly model: WindowModel;
  readonly address: Address;
  readonly instant: InstantStore;
  readonly zoom: ZoomStore;
  readonly runControl: RunControl;
  readonly table: TableInCharge;
  readonly overlay: StoreApi<Overlay>;
  readonly openPalette: () => void;
  readonly choose: (what: 'file' | 'folder') => void;
  readonly isDark: () => boolean;
}

/** The one function behind keys, palette and buttons. */
export function createCommandRunner(reach: Reach): (command: CommandId) => void {
  const { model, address, instant, zoom, runControl, table } = reach;
  const { preferences } = model;
  const now = () => preferences.store.getState().preferences;
  const status = () => model.live.getState().status;
  const show = (view: ViewName) => () => address.go({ view, detail: null });
  const act = (action: Parameters<RunControl['act']>[0]) => () => void runControl.act(action, status);

  const stepTo = (goal: RunGoal) => () => void runControl.step(goal, status);

  const changeSpeed = (by: 1 | -1) => () => {
    const run = status();
    if (run === null || whyNotNow('run.faster', run) !== null) return;
    const speed = nextSpeed(run.speed, by);
    if (speed !== null) model.client.call('run.setSpeed', { speed }).catch(model.fail);
  };

  /** Around the moment shown, or the end. */
  const zoomBy = (factor: number) => () => {
    const { aim, found } = instant.store.getState();
    zoom.by(factor, (aim ?? found)?.at ?? instant.endAt());
  };

  const commands: Readonly<Record<CommandId, () => void>> = {
    'view.live': show('live'),
    'view.accounts': show('accounts'),
    'view.history': show('history'),
    'view.callbacks': show('callbacks'),
    'view.targets': show('targets'),
    'view.report': show('report'),
    'view.runs': show('runs'),
    'view.connections': show('connections'),
    'view.compare': show('compare'),
    'view.sql': show('sql'),
    'view.operations': show('operations'),
    'view.logs': show('logs'),
    'view.database': show('database'),
    'view.settings': show('settings'),
    'help.about': show('about'),
    'open.file': () => reach.choose('file'),
    'open.folder': () => reach.choose('folder'),
    'open.sample': () => {
      address.go({ view: 'live', detail: null });
      void model.staging.openSource({ source: { kind: 'sample' }, name: 'The sample' });
    },
    'run.toggle': () => {
      if (address.store.getState().at !== null) {
        if (instant.store.getState().playing) instant.hold();
        else instant.play();
        return;
      }
      act(whyNot('pause', status()) === null ? 'pause' : 'resume')();
    },
    'run.faster': changeSpeed(1),
    'run.slower': changeSpeed(-1),
    'timeline.previous': () => void instant.neighbour('previous'),
    'timeline.next': () => void instant.neighbour('next'),
    'timeline.live': instant.live,
    'timeline.zoomIn': zoomBy(0.5),
    'timeline.zoomOut': zoomBy(2),
    'timeline.whole': () => zoom.show(null),
    'run.step': stepTo({ kind: 'record', record: null }),
    'run.stepFired': stepTo({ kind: 'fired' }),
    'run.stepCancelled': stepTo({ kind: 'cancelled' }),
    'run.stepConflict': stepTo({ kind: 'outcome', outcome: 'conflict' }),
    'run.stepRejected': stepTo({ kind: 'outcome', outcome: 'rejected' }),
    'run.until': () => whyNotOn(status()) === null && reach.overlay.setState({ shown: 'goals' }, true),
    'run.stop': act('stop'),
    'run.again': () => {
      const run = status();
      if (run !== null && whyNot('again', run) === null) void model.staging.openRun(run.runId);
    },
    'run.takeUp': () => {
      const run = offeredRun(model.cutOff.store.getState(), status());
      if (run) void runControl.resumeEnded(run.runId);
    },
    'table.down': () => table.current()?.move(1),
    'table.up': () => table.current()?.move(-1),
    'table.selectDown': () => table.current()?.select?.(1),
    'table.selectUp': () => table.current()?.select?.(-1),
    'table.menu': () => table.current()?.menu?.(),
    'table.pageDown': () => table.current()?.page(1),
    'table.pageUp': () => table.current()?.page(-1),
    'table.first': () => table.current()?.first(),
    'table.last': () => table.current()?.last(),
    'table.open': () => table.current()?.open(),
    'table.copy': () => table.current()?.copy(),
    'table.fire': () => table.current()?.fire?.(),
    'table.cancel': () => table.current()?.cancel?.(),
    'table.filter': () => table.current()?.filter(),
    'database.backup': () => {
      show('database')();
      backUp(model.client)
        .then((text) => model.messages.emit({ level: 'success', text }), model.fail)
        .finally(() => model.changes.emit('database'));
    },
    'database.export': show('database'),
    'database.restore': show('database'),
    'database.reset': () => address.go({ view: 'database', detail: 'reset' }),
    'window.palette': reach.openPalette,
    'window.close': () => {
      const { view, inspect, at, detail } = address.store.getState();
      const { selected, shown } = zoom.store.getState();
      if (inspect !== null) address.go({ inspect: null });
      else if (view === 'logs' && detail !== null) address.go({ detail: null });
      else if (at !== null) instant.live();
      else if (selected !== null) zoom.select(null);
      else if (shown !== null) zoom.show(null);
    },
    'window.theme': () => preferences.change({ theme: reach.isDark() ? 'light' : 'dark' }),
    'window.density': () =>
      preferences.change({ density: now().density === 'dense' ? 'comfortable' : 'dense' }),
    'window.timeShown': () => preferences.change({ timeShown: nextTimeShown(now().timeShown) }),
    'window.timeZone': () => preferences.change({ timeZone: now().timeZone === 'utc' ? 'local' : 'utc' }),
    'help.words': () => reach.overlay.setState({ shown: 'help', word: '' }, true),
    'help.shortcuts': () => reach.overlay.setState({ shown: 'shortcuts' }, true),
  };
  return (command) => {
    if (commandOf(command).changes === true && model.refusesChanges()) return;
    commands[command]();
  };
}

/** Returns what to tell the person. */
export async function backUp(client: WindowModel['client']): Promise<string> {
  const { rows } = await client.call('database.backup', {});
  return `Backed up ${countOf(rows, 'row')}.`;
}
