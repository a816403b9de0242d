import { type Icon, IconBellRinging, IconCheck, IconChevronRight, IconClock } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { AlertStatus, AlertsReport } from '../../../src-shared/alerts';
import { countOf, formatSpan } from '../../../src-shared/amounts';
import { useModel } from '../../bindings/window-context';
import { PointInTime } from '../../components/values';
import { formatBytes } from '../../format/integers';

import { gravityOfAlerts, summariseAlerts } from '../../stores/health';
import classes from './alerts-section.module.css';
import viewClasses from './operations-view.module.css';

const ASK_EVERY_MS = 5_000;

/** Firing and recent alerts, and the quiet ones on a click, each with what to do. */
export function AlertsSection() {
  const report = useAlerts();
  const alerts = report?.alerts ?? [];
  const raised = alerts.filter(({ state }) => state.phase !== 'inactive');
  const quiet = alerts.filter(({ state }) => state.phase === 'inactive');
  return (
    <section className={viewClasses.panel} aria-label="Alerts">
      <header className={viewClasses.panelHead}>
        <h2>Alerts</h2>
        {report !== null && (
          <span className={viewClasses.verdict} data-gravity={gravityOfAlerts(raised)}>
            {summariseAlerts(raised)}
          </span>
        )}
      </header>
      <AlertList alerts={raised} />
      {quiet.length > 0 && (
        <details className={classes.quiet}>
          <summary className={classes.toggle}>
            <IconChevronRight size={14} stroke={2} className={classes.arrow} aria-hidden="true" />
            {raised.length === 0
              ? `All ${quiet.length} are quiet`
              : countOf(quiet.length, 'other is', 'others are')}
            {raised.length > 0 && ' quiet'}
          </summary>
          <AlertList alerts={quiet} />
        </details>
      )}
    </section>
  );
}

function AlertList({ alerts }: { readonly alerts: readonly AlertStatus[] }) {
  return (
    <ul className={classes.alerts}>
      {alerts.map((alert) => (
        <Alert key={alert.name} alert={alert} />
      ))}
    </ul>
  );
}

function useAlerts(): AlertsReport | null {
  const { client, clock } = useModel();
  const [report, setReport] = useState<AlertsReport | null>(null);
  useEffect(() => {
    let gone = false;
    const ask = () =>
      client.call('operations.alerts', {}).then(
        (news) => gone || setReport(news),
        // The connection reports its loss itself.
        () => undefined,
      );
    void ask();
    const end = clock.every(ASK_EVERY_MS, ask);
    return () => {
      gone = true;
      end();
    };
  }, [client, clock]);
  return report;
}

type Phase = AlertStatus['state']['phase'];

const LOOKS: Readonly<Record<Phase, { readonly icon: Icon; readonly word: string }>> = {
  inactive: { icon: IconCheck, word: 'well' },
  pending: { icon: IconClock, word: 'about to fire' },
  firing: { icon: IconBellRinging, word: 'fires' },
  resolved: { icon: IconCheck, word: 'over' },
};

function Alert({ alert }: { readonly alert: AlertStatus }) {
  const { title, severity, state, description, name, forMs, runbook } = alert;
  const { icon: Icon, word } = LOOKS[state.phase];
  return (
    <li data-phase={state.phase} data-severity={severity}>
      <details className={classes.alert}>
        <summary>
          <Icon size={14} stroke={2} aria-label={word} />
          <span className={classes.title}>{title}</span>
          <Since state={state} />
          <span className={classes.value}>{measured(alert)}</span>
          {description !== null && <span className={classes.description}>{description}</span>}
        </summary>
        <div className={classes.runbook}>
          <p>
            <Marked text={runbook.meaning} />
          </p>
          <h3>What to look at</h3>
          <Steps texts={runbook.look} />
          <h3>What to do</h3>
          <Steps texts={runbook.act} />
          <p className={classes.name}>
            <code>{name}</code>, {severity}; fires after {formatSpan(forMs)}
          </p>
        </div>
      </details>
    </li>
  );
}

/** The value, beside its limit. */
function measured({ value, threshold, unit }: AlertStatus): string {
  if (unit === 'switch' || value === null) return '';
  return `${formatFigure(value, unit)} · limit ${formatFigure(threshold, unit)}`;
}

function formatFigure(value: number, unit: AlertStatus['unit']): string {
  if (unit === 'ratio') return `${Number((value * 100).toFixed(1))} %`;
  return unit === 'bytes' ? formatBytes(value) : formatSpan(value * 1000);
}

function Since({ state }: Pick<AlertStatus, 'state'>) {
  const at = (timeMs: number) => <PointInTime timeMs={timeMs} />;
  switch (state.phase) {
    case 'inactive':
      return null;
    case 'resolved':
      return <span className={classes.since}>over since {at(state.resolvedAtMs)}</span>;
    case 'pending':
      return <span className={classes.since}>since {at(state.sinceMs)}</span>;
    case 'firing':
      return <span className={classes.since}>fires since {at(state.firedAtMs)}</span>;
  }
}

function Steps({ texts }: { readonly texts: readonly string[] }) {
  return (
    <ul>
      {texts.map((text) => (
        <li key={text}>
          <Marked text={text} />
        </li>
      ))}
    </ul>
  );
}

/** Text in backticks is literal. */
function Marked({ text }: { readonly text: string }) {
  return text.split('`').map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never change their places.
    index % 2 === 1 ? <code key={index}>{part}</code> : <span key={index}>{part}</span>,
  );
}
