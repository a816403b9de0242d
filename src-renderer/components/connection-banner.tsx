import { IconPlugConnectedX } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { useSession } from '../bindings/session-context';
import { useTicking } from '../bindings/use-ticking';
import { ActionButton } from './action-button';
import classes from './connection-banner.module.css';

/** Over every view while the host cannot be reached: what is shown is from before. */
export function ConnectionBanner() {
  const { client } = useSession();
  const connection = useStore(client.connection);
  const lost = connection.phase === 'lost' || (connection.phase === 'connecting' && connection.attempt > 0);
  const waits = useTicking((nowMs) =>
    connection.phase === 'lost' ? Math.max(0, Math.ceil((connection.retryAtMs - nowMs) / 1000)) : 0,
  );
  if (connection.phase === 'refused') return <Refused />;
  if (!lost) return null;
  return (
    <div className={classes.banner} role="alert">
      <IconPlugConnectedX size={16} stroke={1.75} aria-hidden="true" />
      <strong>Disconnected from Ingot.</strong>
      <span>What you see may be out of date.</span>
      <span className={classes.waits}>{waits > 0 ? `Trying again in ${waits} s` : 'Trying again…'}</span>
      <ActionButton onClick={() => client.reconnect()}>Reconnect now</ActionButton>
    </div>
  );
}

/** Its secret was the program's that has ended. The page is loaded anew once another window was let in, with that one's. */
function Refused() {
  return (
    <div className={classes.banner} role="alert">
      <IconPlugConnectedX size={16} stroke={1.75} aria-hidden="true" />
      <strong>Ingot was started again.</strong>
      <span className={classes.fill}>
        Open the address that it printed. What you see here is out of date.
      </span>
      <ActionButton onClick={() => window.location.reload()}>Reload</ActionButton>
    </div>
  );
}
