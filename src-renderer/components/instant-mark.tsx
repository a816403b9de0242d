import {
  IconArrowsDiff,
  IconHistory,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from '@tabler/icons-react';
import { formatRunTime } from '../../src-shared/run-clock';
import { useInstant, useWindow } from '../bindings/window-context';
import { formatSides } from '../stores/compared';
import classes from './instant-mark.module.css';

const SPEEDS = [0.1, 1, 10, 100, 1_000] as const;

/** While the window shows the past: which moment, on by itself, and back to live. */
export function InstantMark() {
  const { instant, address } = useWindow();
  const shown = useInstant(({ text }) => text);
  const playing = useInstant((state) => state.playing);
  const speed = useInstant((state) => state.speed);
  const text = useInstant(({ aim, found, text: asked }) => {
    const place = aim ?? found;
    return place?.at == null ? asked : formatRunTime(place.at);
  });
  const runId = useInstant(({ aim, found }) => (aim ?? found)?.runId ?? null);
  if (shown === null) return null;
  return (
    <fieldset className={classes.mark} aria-label="The moment shown" data-testid="instant">
      <IconHistory size={14} stroke={2} aria-hidden="true" />
      <span className={classes.text} data-testid="instant-time">
        at <strong>{text}</strong>
        {runId !== null && ` of run ${runId}`}
      </span>
      <button
        type="button"
        className={classes.button}
        aria-label={playing ? 'Hold here' : 'Play on from here'}
        data-tip="The moment moves on along the run’s clock (Space)"
        onClick={playing ? instant.hold : instant.play}
      >
        {!playing ? (
          <IconPlayerPlayFilled size={12} aria-hidden="true" />
        ) : (
          <IconPlayerPauseFilled size={12} aria-hidden="true" />
        )}
      </button>
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
      <button
        type="button"
        className={classes.back}
        data-tip="What has changed since"
        onClick={() => address.go({ view: 'compare', detail: formatSides(shown, 'now') })}
      >
        <IconArrowsDiff size={13} aria-hidden="true" />
        compare with now
      </button>
      <button type="button" className={classes.back} data-tip="Back to live (Esc)" onClick={instant.live}>
        back to live
      </button>
    </fieldset>
  );
}
