import {
  IconArrowsDiff,
  IconBracketsContain,
  IconHistory,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconX,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type ChainCut, describeBothAxes, describeCut } from '../../src-shared/chain-place';
import { formatRunTime, momentAt } from '../../src-shared/run-clock';
import { useInstant, useLive, useModel, useRoute, useWindow, useZoom } from '../bindings/window-context';
import { formatMoment, formatPoint } from '../format/times';
import { formatSides } from '../stores/compared';
import type { ViewName } from '../stores/route';
import { ActionButton } from './action-button';
import { useTimeStyle } from './moments';
import classes from './time-strip.module.css';

const SPEEDS = [0.1, 1, 10, 100, 1_000] as const;

/** Under the title: the moment of the past that the window shows, and the part of the timeline that is selected. */
export function TimeStrip() {
  const shown = useInstant(({ text }) => text);
  const isSelected = useZoom(({ selected }) => selected !== null);
  if (shown === null && !isSelected) return null;
  return (
    <div className={classes.strip}>
      {shown !== null && <InstantMark shown={shown} />}
      {isSelected && <RangeMark />}
    </div>
  );
}

/** What to do with the part of the timeline that is selected. */
function RangeMark() {
  const { model, address, zoom } = useWindow();
  const selected = useZoom((state) => state.selected);
  const timeAt = useTimeAt();
  if (selected === null) return null;
  const { from, to, runId } = selected;
  /** The language of filters is loaded with the tables. */
  const filter = () => {
    import('../bindings/use-table-filter').then(
      ({ showOnly }) => showOnly(model, address, { runId, fromMs: from, toMs: to }),
      model.fail,
    );
  };
  return (
    <fieldset className={classes.mark} aria-label="The part of the timeline selected" data-testid="range">
      <IconBracketsContain size={14} stroke={2} aria-hidden="true" />
      <span className={classes.text}>
        <strong>
          {timeAt(runId, from)} – {timeAt(runId, to)}
        </strong>
        <span className={classes.ofRun}> of run {runId}</span>
      </span>
      <ActionButton size="small" onClick={() => zoom.show(selected)}>
        zoom
      </ActionButton>
      <ActionButton
        size="small"
        data-tip="Accounts, History and Callbacks show only what is of this time"
        onClick={filter}
      >
        show only this
      </ActionButton>
      <ActionButton size="small" icon={IconX} aria-label="Select nothing" onClick={() => zoom.select(null)} />
    </fieldset>
  );
}

/** Writes a time of a run's clock as tables and axis do. */
function useTimeAt(): (runId: string, at: number) => string {
  const { clock } = useModel();
  const past = useInstant(({ timeline }) => timeline);
  const current = useLive(({ timeline }) => timeline);
  const style = useTimeStyle();
  return (runId, at) => {
    const timeline = past ?? current;
    if (timeline?.runId !== runId) return formatRunTime(at);
    return formatMoment(momentAt(runId, timeline.clock, at), clock.nowMs(), style);
  };
}

/** What has no place on the chain is shown as it was known then. @param knownAt null: when it was looked up. */
function BothAxes({
  cut,
  knownAt,
  ofRun,
}: {
  readonly cut: ChainCut;
  readonly knownAt: string | null;
  readonly ofRun: ReactNode;
}) {
  const { clock } = useModel();
  const { timeZone } = useTimeStyle();
  const wallMs = useInstant(({ found }) => found?.wallMs ?? null);
  const onChain = useRoute(({ view }) => ON_CHAIN.includes(view));
  const known = knownAt ?? formatPoint(wallMs ?? 0, clock.nowMs(), timeZone);
  const place = describeCut(cut);
  const tip = `Accounts, History, Report and the inspector are ${describeBothAxes(cut, known)}. Everything else is shown as known then.`;
  return (
    <span className={classes.axes} data-testid="instant-time" data-tip={tip}>
      {onChain && (
        <span className={classes.text}>
          as of <strong>{place}</strong>,
        </span>
      )}
      <span className={classes.known}>
        as known at <strong>{known}</strong>
        {ofRun}
      </span>
      {!onChain && <span className={classes.text}>({place} is for Accounts, History and Report)</span>}
    </span>
  );
}
const ON_CHAIN: readonly ViewName[] = ['accounts', 'history', 'report'];

/** While the window shows the past: which moment, on by itself, and back to live. */
function InstantMark({ shown }: { readonly shown: string }) {
  const { instant, address } = useWindow();
  const playing = useInstant((state) => state.playing);
  const speed = useInstant((state) => state.speed);
  const place = useInstant(({ aim, found }) => aim ?? found);
  const cut = useInstant(({ found }) => found?.cut ?? null);
  const timeAt = useTimeAt();
  const runId = place?.runId ?? null;
  const text = place?.at == null || runId === null ? shown : timeAt(runId, place.at);
  const ofRun = runId !== null && <span className={classes.ofRun}> of run {runId}</span>;
  return (
    <fieldset className={classes.mark} aria-label="The moment shown" data-testid="instant">
      <IconHistory size={14} stroke={2} aria-hidden="true" />
      {cut === null ? (
        <span className={classes.text} data-testid="instant-time">
          at <strong>{text}</strong>
          {ofRun}
        </span>
      ) : (
        <BothAxes cut={cut} knownAt={runId === null ? null : text} ofRun={ofRun} />
      )}
      <ActionButton
        size="small"
        icon={playing ? IconPlayerPauseFilled : IconPlayerPlayFilled}
        aria-label={playing ? 'Hold here' : 'Play on from here'}
        data-tip="The moment moves on along the run’s clock (Space)"
        onClick={playing ? instant.hold : instant.play}
      />
      <select
        className={classes.speed}
        aria-label="Speed at which the past is played"
        value={speed}
        onChange={(event) => instant.setSpeed(Number(event.currentTarget.value))}
      >
        {SPEEDS.map((one) => (
          <option key={one} value={one}>
            ×{one.toLocaleString('en')}
          </option>
        ))}
      </select>
      <ActionButton
        size="small"
        icon={IconArrowsDiff}
        data-tip="What has changed since"
        onClick={() => address.go({ view: 'compare', detail: formatSides(shown, 'now'), at: null })}
      >
        compare with now
      </ActionButton>
      <ActionButton size="small" data-tip="Back to live (Esc)" onClick={instant.live}>
        back to live
      </ActionButton>
    </fieldset>
  );
}
