import { useCallback } from 'react';
import type { CallbackDelivery } from '../../../src-shared/deliveries';
import { toPrintable } from '../../../src-shared/printable';
import { useResource } from '../../bindings/use-resource';
import { useInstant, useModel, usePreference } from '../../bindings/window-context';
import { formatExact } from '../../format/times';
import classes from './inspector.module.css';

/** What became of its callback at each target; nothing where there is none. */
export function VersionDeliveries({ id, version }: { readonly id: string; readonly version: string }) {
  const { client } = useModel();
  const zone = usePreference('timeZone');
  // As of an instant it would be news from the future.
  const isLive = useInstant(({ found }) => found === null);
  const load = useCallback(
    () => client.call('deliveries.ofCallback', { id, version }),
    [client, id, version],
  );
  const { value } = useResource(isLive ? load : null);
  if (value === null || value.length === 0) return null;
  const describe = ({ state, delivery }: CallbackDelivery) => {
    if (delivery === null) return state;
    const { lastAttemptMs, attempts, nextAttemptMs, error } = delivery;
    const many = attempts === 1 ? '' : `, attempt ${attempts}`;
    const at = formatExact(lastAttemptMs, zone);
    if (state === 'delivered') return `delivered ${at}${many}`;
    const next = nextAttemptMs === null ? 'dead' : `failed, tried again ${formatExact(nextAttemptMs, zone)}`;
    return `${next}: ${toPrintable(error ?? '')}`;
  };
  return (
    <ul className={classes.deliveries} aria-label="Deliveries">
      {value.map((each) => (
        <li key={each.target}>
          {each.target}: {describe(each)}
        </li>
      ))}
    </ul>
  );
}
