import { IconPlugConnectedX } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { useTicking } from '../bindings/use-ticking';
import { useModel } from '../bindings/window-context';
import { ActionButton } from './action-button';
import classes from './connection-banner.module.css';

/** Shown while the host cannot be reached: the views show old content. */
export function ConnectionBanner() {
  const { client } = useModel();
  const connection = useStore(client.connection);
  const lost = connection.phase === 'lost' || (connection.phase === 'connecting' && connection.attempt > 0);
  const waits = useTicking((nowMs) =>
    connection.phase === 'lost' ? Math.max(0, Math.ceil((connection.retryAtMs - nowMs) / 1000)) : 0,
  );
  if (connection.phase === 'refused') return <Refused />;
  if (!lost) return null;
  if (connection.ended) return <Ended />;
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

/** The window keeps looking for the program: a restart on the same port is found. */
function Ended() {
  return (
    <div className={classes.banner} role="alert">
      <IconPlugConnectedX size={16} stroke={1.75} aria-hidden="true" />
      <strong>Ingot has ended.</strong>
      <span className={classes.fill}>
        Start it again: this window then reconnects, or open the address that it prints. What you see is out
        of date.
      </span>
    </div>
  );
}

/** The program no longer knows this browser. Once another window is admitted, this one is too. */
function Refused() {
  return (
    <div className={classes.banner} role="alert">
      <IconPlugConnectedX size={16} stroke={1.75} aria-hidden="true" />
      <strong>Ingot was started again.</strong>
      <span className={classes.fill}>
        Open the address that it printed, or get a new one with the command “ingot link”. What you see here is
        out of date.
      </span>
      <ActionButton onClick={() => window.location.reload()}>Reload</ActionButton>
    </div>
  );
}
