import { useCallback } from 'react';
import { toPrintable } from '../../../src-shared/printable';
import { isActive } from '../../../src-shared/run-actions';
import {
  explainStanding,
  explainUpdate,
  type LifePoint,
  lifelineOf,
  type Sentence,
  type WaitingClock,
  type Why,
} from '../../../src-shared/why';
import { useInspect } from '../../bindings/use-inspect';
import { useResource } from '../../bindings/use-resource';
import { useTicking } from '../../bindings/use-ticking';
import { useModel, useReads } from '../../bindings/window-context';
import { MarkIcon } from '../../components/mark-badge';
import type { MarkName } from '../../components/marks';
import { MomentPoint, useTimeStyle } from '../../components/moments';
import { formatVersion } from '../../format/integers';
import { formatMoment } from '../../format/times';
import { heardRun, runAt } from '../../stores/run-time';
import classes from './version-why.module.css';

interface VersionWhyProps {
  readonly id: string;
  readonly version: string;
  /** Shows another version of the account. */
  readonly onShow: (version: string) => void;
}

/** Why a version is what it is: a sentence, and the events of its life on a line. */
export function VersionWhy({ id, version, onShow }: VersionWhyProps) {
  const { clock, live } = useModel();
  const reads = useReads();
  const style = useTimeStyle();
  const inspect = useInspect();
  const load = useCallback(
    async () => ({ why: await reads.call('updates.why', { id, version }), heardMs: clock.nowMs() }),
    [reads, clock, id, version],
  );
  const { value } = useResource(load);
  const nowMs = useTicking((ms) => Math.floor(ms / 1_000) * 1_000);
  // A version that is gone is reported by what is below.
  if (value === null) return <div className={classes.why} />;
  const why = { ...value.why, clock: clockNow(value, heardRun(live.getState()), nowMs) };
  const link = { onShow, onInspect: (other: string) => inspect({ id: other }) };
  return (
    <section className={classes.why} aria-label="Why">
      <p className={classes.sentence}>
        <SentenceText
          sentence={explainUpdate(why, (moment) => formatMoment(moment, nowMs, style))}
          {...link}
        />
      </p>
      {why.standing !== null && (
        <p className={classes.standing}>
          <SentenceText sentence={explainStanding(why.standing)} {...link} />
        </p>
      )}
      <Lifeline why={why} onShow={onShow} />
    </section>
  );
}

/** The clock of an active run may have been paused since the answer; another clock keeps its rate. */
function clockNow(
  { why, heardMs }: { readonly why: Why; readonly heardMs: number },
  heard: ReturnType<typeof heardRun>,
  nowMs: number,
): WaitingClock | null {
  const { status } = heard;
  if (why.clock !== null && status?.runId === why.row.runId && isActive(status.state)) {
    const at = runAt(status, heard.heardMs, nowMs);
    return { at, rate: status.rate, state: status.state === 'paused' ? 'paused' : 'moves' };
  }
  return why.clock && { ...why.clock, at: why.clock.at + Math.max(0, nowMs - heardMs) * why.clock.rate };
}

interface SentenceTextProps {
  readonly sentence: Sentence;
  readonly onShow: (version: string) => void;
  readonly onInspect: (id: string) => void;
}

function SentenceText({ sentence, onShow, onInspect }: SentenceTextProps) {
  return sentence.map((part) => {
    if (typeof part === 'string') return <bdi key={part}>{part}</bdi>;
    return 'version' in part ? (
      <VersionLink key="version" version={part.version} onShow={onShow} />
    ) : (
      <button key="id" type="button" className={classes.link} onClick={() => onInspect(part.id)}>
        <bdi>{toPrintable(part.id)}</bdi>
      </button>
    );
  });
}

function VersionLink({ version, onShow }: { readonly version: string } & Pick<VersionWhyProps, 'onShow'>) {
  return (
    <button
      type="button"
      className={classes.link}
      data-tip="Show this version"
      onClick={() => onShow(version)}
    >
      {formatVersion(version)}
    </button>
  );
}

const WORDS: Readonly<Record<LifePoint['kind'], string>> = {
  before: 'was there:',
  arrived: 'arrived',
  due: 'due',
  fired: 'fired',
  cancelled: 'cancelled',
  superseded: 'superseded by',
  retracted: 'retracted',
};

function markOf({ kind }: LifePoint, { outcome }: Why['row']): MarkName {
  if (kind === 'arrived') return outcome;
  if (kind === 'due') return 'pending';
  return kind === 'fired' || kind === 'cancelled' || kind === 'retracted' ? kind : 'indexed';
}

function Lifeline({ why, onShow }: { readonly why: Why } & Pick<VersionWhyProps, 'onShow'>) {
  const points = lifelineOf(why);
  const passed = why.clock === null ? null : why.clock.at - why.row.arrived.at;
  const offsets = [...points.flatMap(({ afterMs }) => afterMs ?? []), ...(passed === null ? [] : [passed])];
  const [least = 0, ...others] = offsets;
  const first = others.reduce((one, other) => Math.min(one, other), least);
  const length = others.reduce((one, other) => Math.max(one, other), least) - first;
  const placeOf = (offset: number) => `${length === 0 ? 0 : ((offset - first) / length) * 100}%`;
  return (
    <>
      <div className={classes.line} aria-hidden="true">
        {passed !== null && <span className={classes.now} style={{ left: placeOf(passed) }} />}
        {points.map(
          (point) =>
            point.afterMs !== null && (
              <span key={point.kind} className={classes.point} style={{ left: placeOf(point.afterMs) }}>
                <MarkIcon mark={markOf(point, why.row)} />
              </span>
            ),
        )}
      </div>
      <ol className={classes.events} aria-label="Lifeline">
        {points.map((point) => (
          <li key={point.kind} className={classes.event}>
            <MarkIcon mark={markOf(point, why.row)} />
            {WORDS[point.kind]}
            {point.version !== null && (
              <>
                {point.kind === 'cancelled' && ' by '}
                <VersionLink version={point.version} onShow={onShow} />
              </>
            )}
            <MomentPoint moment={point.moment} />
          </li>
        ))}
      </ol>
    </>
  );
}
