import { useLive } from '../bindings/session-context';
import { fileName } from '../format/ids';
import { groupDigits, wholePercent } from '../format/integers';
import { fractionRead } from '../stores/progress';
import classes from './deck.module.css';

export function SourceLabel() {
  const source = useLive((state) => state.status?.source ?? null);
  const speed = useLive((state) => state.status?.speed ?? 1);
  if (source === null) {
    return (
      <div className={classes.source}>
        <span className={classes.noSource}>No run yet</span>
      </div>
    );
  }
  return (
    <div className={classes.source}>
      <span className={classes.sourceName} data-tip={source}>
        {fileName(source)}
      </span>
      <span className={classes.speed}>×{speed < 1 ? String(speed) : groupDigits(speed)}</span>
    </div>
  );
}

export function Progress() {
  const text = useLive(({ status }) => {
    if (status === null) return null;
    const fraction = fractionRead(status);
    return fraction === null ? '' : `${wholePercent(fraction, 1)} %`;
  });
  if (!text) return <div className={classes.progress} />;
  return (
    <div className={classes.progress} data-tip="Share of the source that is read">
      {text}
    </div>
  );
}
