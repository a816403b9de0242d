import { IconPlayerPauseFilled, IconX } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { formatRate, formatSpan } from '../../src-shared/amounts';
import { type RunStatus, tookMs } from '../../src-shared/events';
import { STATE_WORDS } from '../../src-shared/outside-window';
import { cutId, toPrintable } from '../../src-shared/printable';
import { isActive } from '../../src-shared/run-actions';
import { formatRunTime } from '../../src-shared/run-clock';
import { describeGoal } from '../../src-shared/run-goal';
import { useTicking } from '../bindings/use-ticking';
import { useLive, useModel, useReadOnly, useWindow } from '../bindings/window-context';

import { formatClock } from '../format/times';
import { workOn } from '../stores/database';
import { dueOfRun } from '../stores/due';
import { readingLeftMs } from '../stores/progress';
import { heardRun, runAt } from '../stores/run-time';
import { recentRate } from '../stores/series';
import type { ConnectionState } from '../transport/client';
import { ActionButton } from './action-button';
import classes from './deck.module.css';
import { HealthLamp } from './health-lamp';

export function RateAndTime() {
  const { client } = useModel();
  const active = useLive((state) => state.status !== null && isActive(state.status.state));
  const readOnly = useReadOnly();
  const rate = useLive((state) =>
    // The rate needs events, which only the holder's windows get.
    active && readOnly !== null
      ? null
      : active
        ? formatRate(recentRate(state.series, 'updates'))
        : averageRate(state.status),
  );
  const connection = useStore(client.connection);
  return (
    <div className={classes.state}>
      {rate !== null && (
        <span
          className={classes.rate}
          data-tip={
            active ? 'Records a second over the last two seconds' : 'Records a second over the whole run'
          }
        >
          {active ? '' : 'avg '}
          {rate}/s
        </span>
      )}
      <CallbacksPaused />
      <HealthLamp />
      <StateWord connection={connection} />
      <Goal />
      <RunTime />
    </div>
  );
}

/** Shown everywhere while all callbacks are paused: a run that waits for them would never end. */
function CallbacksPaused() {
  const { run } = useWindow();
  const paused = useLive((state) => state.callbacksPaused);
  if (!paused) return null;
  return (
    <button
      type="button"
      className={classes.callbacksPaused}
      data-tip="No callback of any run fires until you resume all callbacks, in Callbacks"
      onClick={() => run('view.callbacks')}
    >
      <IconPlayerPauseFilled size={12} aria-hidden="true" />
      all callbacks paused
    </button>
  );
}

/** Only after a run. */
function averageRate(status: RunStatus | null): string | null {
  const took = status && tookMs(status);
  if (status === null || took === null) return null;
  const seconds = took / 1000;
  return seconds <= 0 ? null : formatRate(status.counts.records / seconds);
}

function StateWord({ connection }: { readonly connection: ConnectionState }) {
  const state = useLive((live) => live.status?.state ?? null);
  const work = useStore(useModel().database.store, (now) => workOn(now.state));
  const isReplacing = work === 'resetting' || work === 'restoring';
  const shown = connection.phase !== 'open' ? 'lost' : isReplacing ? 'replacing' : (state ?? 'ready');
  const word =
    connection.phase === 'lost' || connection.phase === 'refused'
      ? 'disconnected'
      : connection.phase === 'connecting'
        ? 'connecting'
        : (work ?? (state === null ? 'ready' : STATE_WORDS[state]));
  return (
    <span className={classes.word} data-state={shown} data-testid="run-state">
      <span className={classes.lamp} aria-hidden="true" />
      <span className={classes.stateText}>{word}</span>
    </span>
  );
}

/** Where the run is to pause. While it is paused, it steps there. */
function Goal() {
  const { client, fail } = useModel();
  const until = useLive((live) => live.status?.until ?? null);
  const steps = useLive((live) => live.status?.state === 'paused');
  const readOnly = useReadOnly();
  if (until === null || readOnly !== null) return null;
  const giveUp = () => client.call('run.until', { goal: null }).catch(fail);
  const words = (showId: (id: string) => string) =>
    `${steps ? 'stepping to' : 'until'} ${describeGoal(until, showId)}`;
  return (
    <span className={classes.goal} data-tip={words(toPrintable)}>
      <span className={classes.stateText}>{words((id) => cutId(toPrintable(id)))}</span>
      <ActionButton size="small" tone="quiet" icon={IconX} aria-label="Give the goal up" onClick={giveUp} />
    </span>
  );
}

/** Time left if it can be estimated, otherwise time elapsed. */
function RunTime() {
  const { live, due } = useModel();
  const status = useLive((state) => state.status);
  const text = useTicking((nowMs) => {
    const { status: now, heardMs } = heardRun(live.getState());
    if (now === null) return '';
    if (!isActive(now.state)) return formatSpan(tookMs(now) ?? 0);
    const shownAt = runAt(now, heardMs, nowMs);
    return leftText(leftMs(now, shownAt)) ?? formatClock(shownAt);
  });
  function leftMs(now: RunStatus, shownAt: number): number | null {
    if (now.state !== 'draining') return readingLeftMs(live.getState().progress, now);
    const { lastAt } = dueOfRun(due.store.getState(), now.runId);
    return lastAt === null || now.rate === 0 ? null : Math.max(0, lastAt - shownAt) / now.rate;
  }
  if (status === null) return null;
  return (
    <span className={classes.time} data-term="run clock" data-tip={timeTip(status, text.endsWith(LEFT))}>
      {text}
    </span>
  );
}

/** A callback may be due years ahead. */
const LONGEST_SHOWN_MS = 48 * 3_600_000;

const LEFT = ' left';

function leftText(leftMs: number | null): string | null {
  if (leftMs === null) return null;
  return leftMs > LONGEST_SHOWN_MS ? `${formatSpan(leftMs)}${LEFT}` : `${formatClock(leftMs)}${LEFT}`;
}

function timeTip({ state, at }: RunStatus, isLeft: boolean): string {
  if (!isActive(state)) return `How long the run took; its clock shows ${formatRunTime(at)}`;
  if (!isLeft) return 'The run’s clock: it stops while the run is paused';
  return state === 'draining'
    ? 'Until the last pending callback is due'
    : 'An estimate from the pace of the last half minute';
}
