import { MantineProvider } from '@mantine/core';
import { useColorScheme } from '@mantine/hooks';
import { ModalsProvider } from '@mantine/modals';
import { spotlight } from '@mantine/spotlight';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { createStore, useStore } from 'zustand';
import { App } from './app';
import { createCommandRunner } from './bindings/run-command';
import { type Overlay, WindowProvider } from './bindings/window-context';
import { mantineTheme } from './mantine-theme';
import type { Address } from './stores/address';
import { createInstant } from './stores/instant';
import { createRunControl } from './stores/run-control';
import { createTableInCharge } from './stores/table-in-charge';
import { createZoom } from './stores/zoom';
import type { Bridge } from './transport/bridge-link';
import type { WindowModel } from './window-model';

interface RootProps {
  readonly model: WindowModel;
  readonly address: Address;
  /** Only in the desktop shell. */
  readonly bridge: Bridge | null;
}

export function Root({ model, address, bridge }: RootProps) {
  const { preferences, loaded } = useStore(model.preferences.store);
  const looked = useStore(model.database.store, ({ state }) => state !== null);
  const connection = useStore(model.client.connection, (state) => state.phase);
  const system = useColorScheme('dark', { getInitialValueInEffect: false });
  const scheme = preferences.theme === 'system' ? system : preferences.theme;
  const schemeNow = useRef(scheme);
  schemeNow.current = scheme;
  const picker = useRef<HTMLInputElement>(null);
  const folderPicker = useRef<HTMLInputElement>(null);

  const scope = useMemo(() => {
    const runControl = createRunControl(model.client, model.fail);
    const table = createTableInCharge();
    const instant = createInstant(model, address);
    const zoom = createZoom(model);
    const overlay = createStore<Overlay>(() => ({ shown: null }));
    const choose = (what: 'file' | 'folder') => {
      address.go({ view: 'live', detail: null });
      if (bridge === null) return (what === 'file' ? picker : folderPicker).current?.click();
      model.client
        .call('source.choose', { what })
        .then((choice) => (choice ? model.staging.openSource(choice) : undefined))
        .catch(model.fail);
    };
    const run = createCommandRunner({
      model,
      address,
      instant,
      zoom,
      runControl,
      table,
      overlay,
      openPalette: spotlight.open,
      choose,
      isDark: () => schemeNow.current === 'dark',
    });
    return { model, address, instant, zoom, runControl, table, overlay, run };
  }, [model, address, bridge]);

  useEffect(
    () =>
      bridge?.obey((order) => {
        if (order.command === 'open.source' || order.command === 'open.backup') {
          if (model.refusesChanges()) return;
          const isBackup = order.command === 'open.backup';
          address.go({ view: isBackup ? 'database' : 'live', detail: null });
          if (isBackup) model.offeredBackup.setState(order.choice, true);
          else void model.staging.openSource(order.choice);
        } else scope.run(order.command);
      }),
    [bridge, scope, model, address],
  );
  useLayoutEffect(() => {
    document.documentElement.dataset.density = preferences.density;
  }, [preferences.density]);

  // Waits for the preferences and the database's state, so that the window does not flicker from one theme or view to another.
  if ((!loaded || !looked) && connection !== 'lost' && connection !== 'refused') return null;
  return (
    <MantineProvider
      theme={mantineTheme}
      forceColorScheme={scheme}
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <ModalsProvider>
        <WindowProvider value={scope}>
          <App />
          <input
            ref={picker}
            type="file"
            hidden
            aria-label="File of updates"
            data-testid="file-picker"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              event.currentTarget.value = '';
              if (file) void model.staging.openFile(file);
            }}
          />
          <input
            ref={folderPicker}
            type="file"
            // Not among the types of React.
            {...{ webkitdirectory: '' }}
            hidden
            aria-label="Folder of accounts"
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = '';
              import('./bindings/open-files')
                .then(({ openFiles }) => openFiles(model, files))
                .catch(model.fail);
            }}
          />
        </WindowProvider>
      </ModalsProvider>
    </MantineProvider>
  );
}
