import { IconAlertTriangle, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { AlertStatus, AlertsReport } from '../../../src-shared/alerts';
import { useSession } from '../../bindings/session-context';
import classes from './operations-view.module.css';

const ASK_EVERY_MS = 5_000;

/** The alerts that fire, or are about to. */
export function AlertsSection() {
  const { client, clock } = useSession();
  const [report, setReport] = useState<AlertsReport | null>(null);
  useEffect(() => {
    let gone = false;
    const ask = () =>
      client.call('operations.alerts', {}).then(
        (news) => gone || setReport(news),
        // The connection says for itself when it is gone.
        () => undefined,
      );
    void ask();
    const end = clock.every(ASK_EVERY_MS, ask);
    return () => {
      gone = true;
      end();
    };
  }, [client, clock]);
  const alerts = report?.alerts ?? [];
  const raised = alerts.filter(({ state }) => state.phase === 'firing' || state.phase === 'pending');
  return (
    <section className={classes.panel} aria-label="Alerts">
      <header className={classes.panelHead}>
        <h2>Alerts</h2>
        <span className={classes.verdict} data-gravity={raised.length === 0 ? 'well' : 'look'}>
          {raised.length === 0 ? 'none' : raised.length}
        </span>
      </header>
      {raised.length === 0 && report !== null && (
        <p className={classes.quiet}>None of {alerts.length} alerts fires or is about to.</p>
      )}
      <ul className={classes.checks}>
        {raised.map((alert) => (
          <RaisedAlert key={alert.name} alert={alert} />
        ))}
      </ul>
    </section>
  );
}

function RaisedAlert({ alert: { title, description, severity, state } }: { readonly alert: AlertStatus }) {
  const Icon = severity === 'critical' ? IconX : IconAlertTriangle;
  return (
    <li data-ok={false} data-severity={severity}>
      <Icon size={14} stroke={2} aria-label={severity} />
      <span className={classes.checkName}>{state.phase === 'firing' ? 'Firing' : 'Pending'}</span>
      <span className={classes.reason}>{description ?? title}</span>
    </li>
  );
}
