import { IconDatabase, IconFolderOpen } from '@tabler/icons-react';
import { commandOf } from '../../src-shared/commands';
import { useWindow } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { Empty } from '../components/states';
import { ViewFrame } from '../components/view-frame';
import type { ViewName } from '../stores/route';

const WITHOUT_CONTENT = ['logs', 'operations', 'settings', 'about'] as const;
type ContentView = Exclude<ViewName, (typeof WITHOUT_CONTENT)[number]>;

/** Whether the view shows what is in the database. */
export const showsContent = (view: ViewName): view is ContentView =>
  !WITHOUT_CONTENT.some((other) => other === view);

/** In place of such a view until the database is open. A source can be looked at before. */
export function Opening({ view }: { readonly view: ContentView }) {
  const { run } = useWindow();
  return (
    <ViewFrame title={commandOf(`view.${view}`).title}>
      <Empty
        icon={IconDatabase}
        title="Opening the database…"
        action={
          <ActionButton icon={IconFolderOpen} command="open.file" onClick={() => run('open.file')}>
            Open file…
          </ActionButton>
        }
      >
        You can open a file now, or drop it here. Its run starts when the database is open.
      </Empty>
    </ViewFrame>
  );
}
