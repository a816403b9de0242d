import { IconPlugConnectedX } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { countOf } from '../../src-shared/amounts';
import { connectionNews } from '../../src-shared/connections';
import { toPrintableText } from '../../src-shared/printable';
import { useModel, useRoute, useWindow } from '../bindings/window-context';
import { troubled } from '../stores/connections';
import { ActionButton } from './action-button';
import classes from './connection-banner.module.css';

/** Shown while a source is lost, or once it has failed: what arrives there meanwhile is missed. The view of connections says it itself. */
export function ConnectionsBanner() {
  const { connections } = useModel();
  const { address } = useWindow();
  const isThere = useRoute((route) => route.view === 'connections');
  const list = useStore(connections.store, (state) => state.list);
  const [first, ...others] = troubled(list);
  if (first === undefined || isThere) return null;
  return (
    <div className={classes.banner} data-tone="warning" role="alert">
      <IconPlugConnectedX size={16} stroke={1.75} aria-hidden="true" />
      <strong>
        {others.length === 0
          ? 'A connection is lost.'
          : `${countOf(1 + others.length, 'connection')} are lost.`}
      </strong>
      <span className={`${classes.fill} ${classes.why}`} data-cut="text">
        {toPrintableText(connectionNews(first))}
      </span>
      <ActionButton onClick={() => address.go({ view: 'connections', detail: first.run.runId })}>
        Show
      </ActionButton>
    </div>
  );
}
