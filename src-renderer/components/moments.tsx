import { memo, useMemo } from 'react';
import { formatSpan } from '../../src-shared/amounts';
import type { Moment } from '../../src-shared/run-clock';
import { useTicking } from '../bindings/use-ticking';
import { useModel, usePreference } from '../bindings/window-context';
import {
  formatIso,
  formatMoment,
  formatMomentExact,
  formatPast,
  formatRelative,
  type TimeStyle,
} from '../format/times';
import { type DueNow, dueNow, heardRun } from '../stores/run-time';
import classes from './values.module.css';

/** `14:03:07.125`, `00:12.400` or `+00:14.000`, as the person chose. All of them on hover. */
export const MomentPoint = memo(function MomentPoint({ moment }: { readonly moment: Moment }) {
  const style = useTimeStyle();
  const text = useTicking((nowMs) => formatMoment(moment, nowMs, style));
  return <MomentText moment={moment} text={text} />;
});

/** Like `MomentPoint`, but the wall clock's as `12 s ago`. Updates itself. */
export const MomentPast = memo(function MomentPast({ moment }: { readonly moment: Moment }) {
  const style = useTimeStyle();
  const { wallMs } = moment;
  const text = useTicking((nowMs) =>
    style.timeShown === 'wall' && wallMs !== null
      ? formatPast(wallMs, nowMs)
      : formatMoment(moment, nowMs, style),
  );
  return <MomentText moment={moment} text={text} />;
});

export function useTimeStyle(): TimeStyle {
  const timeShown = usePreference('timeShown');
  const timeZone = usePreference('timeZone');
  return useMemo(() => ({ timeShown, timeZone }), [timeShown, timeZone]);
}

function MomentText({ moment, text }: { readonly moment: Moment; readonly text: string }) {
  const zone = usePreference('timeZone');
  const iso = moment.wallMs === null ? undefined : formatIso(moment.wallMs);
  return (
    <time className={classes.time} dateTime={iso} data-tip={formatMomentExact(moment, zone)}>
      {text}
    </time>
  );
}

interface DueProps {
  readonly due: Moment;
}

/** `in 3 s`, or `frozen` while the run's clock stands still. */
export const DueTime = memo(function DueTime({ due }: DueProps) {
  const style = useTimeStyle();
  const { text, tip } = useDue(due, (now, nowMs) =>
    now.kind === 'at' && style.timeShown === 'wall'
      ? formatRelative(now.wallMs, nowMs)
      : formatMoment({ ...due, wallMs: now.kind === 'at' ? now.wallMs : null }, nowMs, style),
  );
  return (
    <span className={classes.time} data-tip={tip}>
      {text}
    </span>
  );
});

/** `3 s`, `5 s over`, `frozen`. */
export const DueIn = memo(function DueIn({ due }: DueProps) {
  const { text, tip } = useDue(due, (now, nowMs) =>
    leftText(now.kind === 'at' ? now.wallMs - nowMs : now.leftMs),
  );
  return (
    <span
      className={classes.dueIn}
      data-over={text.endsWith('over') || undefined}
      data-frozen={text === 'frozen' || undefined}
      data-tip={tip}
    >
      {text}
    </span>
  );
});

function leftText(leftMs: number): string {
  if (leftMs <= -1_000) return `${formatSpan(Math.ceil(leftMs / -1_000) * 1_000).replace('.0', '')} over`;
  return leftMs <= 0 ? 'now' : formatSpan(Math.ceil(leftMs / 1_000) * 1_000).replace('.0', '');
}

type Running = Exclude<DueNow, { kind: 'frozen' }>;

function useDue(due: Moment, write: (now: Running, nowMs: number) => string) {
  const zone = usePreference('timeZone');
  const { live, cutOff } = useModel();
  const read = () => {
    const kept = cutOff.store.getState().latest.find(({ runId }) => runId === due.runId);
    return dueNow(due, heardRun(live.getState()), kept?.settings.simulate ?? null);
  };
  const text = useTicking((nowMs) => {
    const now = read();
    return now.kind === 'frozen' ? 'frozen' : write(now, nowMs);
  });
  const now = read();
  const wallMs = now.kind === 'at' ? now.wallMs : null;
  const exact = `Due ${formatMomentExact({ ...due, wallMs }, zone)}`;
  return { text, tip: now.kind === 'frozen' ? `${exact}. ${whyFrozen(now, due.runId)}` : exact };
}

function whyFrozen(now: Extract<DueNow, { kind: 'frozen' }>, runId: string): string {
  switch (now.why) {
    case 'paused':
      return `The run is paused, and its callbacks with it: ${formatSpan(now.leftMs)} of its clock are left`;
    case 'virtual':
      return 'A virtual run fires nothing after its end: fire or cancel this callback by hand, in Callbacks';
    case 'stands still':
      return `The clock of run ${runId} is stopped: resume its callbacks in Runs`;
  }
}
