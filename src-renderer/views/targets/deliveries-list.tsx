import { useCallback, useState } from 'react';
import { countOf, groupDigits } from '../../../src-shared/amounts';
import type { TargetInfo } from '../../../src-shared/deliveries';
import { toPrintable } from '../../../src-shared/printable';
import { useInspect } from '../../bindings/use-inspect';
import { useResource } from '../../bindings/use-resource';
import { useModel, usePreference } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { ChoiceBar } from '../../components/field';
import { Failed } from '../../components/states';
import { DataText, MiddleCut, Nothing, PastTime, Version } from '../../components/values';
import { formatExact } from '../../format/times';
import classes from './targets-view.module.css';

const SHOWN = [
  { value: 'all', label: 'Latest' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'dead', label: 'Dead letters' },
] as const;
type Shown = (typeof SHOWN)[number]['value'];

interface DeliveriesListProps {
  readonly target: TargetInfo;
  readonly onResent: () => void;
}

/** The deliveries of one target, the latest callback first. */
export function DeliveriesList({ target, onResent }: DeliveriesListProps) {
  const { client, fail, messages } = useModel();
  const zone = usePreference('timeZone');
  const inspect = useInspect();
  const [shown, setShown] = useState<Shown>(target.dead > 0 ? 'dead' : 'all');
  const { name, delivered, waiting, dead } = target;
  // biome-ignore lint/correctness/useExhaustiveDependencies: its counts tell when the rows have changed.
  const load = useCallback(
    () => client.call('deliveries.page', { target: name, state: shown === 'all' ? null : shown }),
    [client, name, shown, delivered, waiting, dead],
  );
  const { value, error, reload } = useResource(load, ['everything'], 'keep');
  const resend = (seqs: readonly string[] | null) =>
    client.call('deliveries.resend', { target: name, seqs: seqs && [...seqs] }).then(({ sent }) => {
      messages.emit({ level: 'success', text: `${countOf(sent, 'delivery', 'deliveries')} sent again.` });
      onResent();
    }, fail);
  const whyNot = target.armed ? null : 'Arm the target first';
  return (
    <section className={classes.deliveries} aria-label={`Deliveries to ${name}`}>
      <div className={classes.bar}>
        <h2>Deliveries to {name}</h2>
        <ChoiceBar label="Which deliveries" value={shown} choices={SHOWN} onChange={setShown} />
        {shown === 'dead' && dead > 0 && (
          <ActionButton whyNot={whyNot} onClick={() => resend(null)}>
            Resend all
          </ActionButton>
        )}
      </div>
      {value === null && error !== null && <Failed error={error} onRetry={reload} />}
      {value?.rows.length === 0 && <p className={classes.text}>None.</p>}
      {value !== null && value.rows.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th>Account</th>
              <th className={classes.number}>Version</th>
              <th>State</th>
              <th className={classes.number}>Attempts</th>
              <th>Last attempt</th>
              <th>Next</th>
              <th>Answer</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.rows.map((row) => (
              <tr key={row.seq}>
                <td>
                  <button type="button" className={classes.id} onClick={() => inspect({ id: row.id })}>
                    <MiddleCut text={toPrintable(row.id)} tail={5} of="text" />
                  </button>
                </td>
                <td className={classes.number}>
                  <Version value={row.version} />
                </td>
                <td className={classes.delivery} data-state={row.state}>
                  {row.state}
                </td>
                <td className={classes.number}>{groupDigits(row.attempts)}</td>
                <td>
                  <PastTime timeMs={row.lastAttemptMs} />
                </td>
                <td>{row.nextAttemptMs === null ? <Nothing /> : formatExact(row.nextAttemptMs, zone)}</td>
                <td className={classes.answer}>
                  <DataText text={row.error ?? row.answer ?? ''} />
                </td>
                <td>
                  {row.state === 'dead' && (
                    <ActionButton size="small" whyNot={whyNot} onClick={() => resend([row.seq])}>
                      Resend
                    </ActionButton>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {value !== null && value.next !== null && (
        <p className={classes.text}>
          The latest {groupDigits(value.rows.length)} are shown. <code>ingot deliveries {name} --json</code>{' '}
          lists more.
        </p>
      )}
    </section>
  );
}
