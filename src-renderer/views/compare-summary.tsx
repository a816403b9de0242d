import { groupDigits } from '../../src-shared/amounts';
import {
  type CallbackFate,
  type ComparedSide,
  type Comparison,
  explainRemoved,
  isNow,
} from '../../src-shared/compare';
import { toPrintable } from '../../src-shared/printable';
import { formatRunTime } from '../../src-shared/run-clock';
import type { TypeLeaders } from '../../src-shared/update';
import { useModel } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { MarkBadge } from '../components/mark-badge';
import { useTimeStyle } from '../components/moments';
import { AccountId, Change, Digits } from '../components/values';
import { cutVersion } from '../format/integers';
import { formatPoint } from '../format/times';
import classes from './compare-view.module.css';

const COUNTS = ['accounts', 'indexed', 'stale', 'pending', 'fired', 'cancelled'] as const;

interface SummaryProps {
  readonly summary: Comparison;
}

export function ComparedCounts({
  summary: { from, to },
  sides,
}: SummaryProps & { readonly sides: { readonly from: string; readonly to: string } }) {
  const { clock } = useModel();
  const { timeZone } = useTimeStyle();
  /** A place on the chain is known at another instant, and now was when they were compared. */
  const knownAt = ({ instant: { cut, wallMs, runId, at } }: ComparedSide, side: string): string => {
    if (cut === null && !isNow(side)) return '';
    const ofRun = `${formatRunTime(at ?? 0)} of run ${runId}`;
    return wallMs === null ? ofRun : formatPoint(wallMs, clock.nowMs(), timeZone);
  };
  const known = [knownAt(from, sides.from), knownAt(to, sides.to)];
  return (
    <table className={classes.counts} aria-label="Counts of both sides">
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">What</span>
          </th>
          {[sides.from, sides.to].map((side, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two sides in their order.
            <th key={at} scope="col" data-cut="text">
              {side}
            </th>
          ))}
          <th scope="col">Change</th>
        </tr>
      </thead>
      <tbody>
        {known.join('') !== '' && (
          <tr>
            <th scope="row">as known at</th>
            <td>{known[0]}</td>
            <td>{known[1]}</td>
            <td />
          </tr>
        )}
        {COUNTS.map((name) => (
          <tr key={name}>
            <th scope="row">{name === 'accounts' ? 'accounts' : <MarkBadge mark={name} />}</th>
            <td>
              <Digits value={from.counts[name]} />
            </td>
            <td>
              <Digits value={to.counts[name]} />
            </td>
            <td>
              <Change value={String(to.counts[name] - from.counts[name])} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export interface FateChange {
  readonly from: CallbackFate;
  readonly to: CallbackFate;
}

interface FatesProps extends SummaryProps {
  readonly chosen: FateChange | null;
  readonly onChoose: (chosen: FateChange | null) => void;
}

/** How many callbacks went from what to what. A press shows these, another one all. */
export function Fates({ summary, chosen, onChoose }: FatesProps) {
  const { callbacks } = summary;
  const removed = explainRemoved(summary);
  return (
    <section className={classes.section} aria-label="Callbacks that differ">
      <h2 className={classes.sectionTitle}>Callbacks</h2>
      {callbacks.length === 0 && <p className={classes.none}>No callback differs.</p>}
      {removed !== null && <p className={classes.none}>{removed}</p>}
      <ul className={classes.fates}>
        {callbacks.map(({ from, to, count }) => {
          const isChosen = chosen?.from === from && chosen.to === to;
          return (
            <li key={`${from} ${to}`}>
              <ActionButton
                size="small"
                aria-pressed={isChosen}
                onClick={() => onChoose(isChosen ? null : { from, to })}
              >
                <FateName fate={from} />
                <Becomes />
                <FateName fate={to} />
                <strong>{groupDigits(count)}</strong>
              </ActionButton>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const Becomes = () => (
  <>
    <span aria-hidden="true">→</span>
    <span className="visually-hidden">to</span>
  </>
);

export function FateName({ fate }: { readonly fate: CallbackFate }) {
  return fate === 'none' ? <span className={classes.absent}>not there</span> : <MarkBadge mark={fate} />;
}

export function ComparedLeaders({ summary: { leaders, moreTypes } }: SummaryProps) {
  return (
    <section className={classes.section} aria-label="Leaders that changed">
      <h2 className={classes.sectionTitle}>
        Leaders that changed: {groupDigits(leaders.length)}
        {moreTypes && ', of the first types'}
      </h2>
      {leaders.length === 0 && <p className={classes.none}>The same lead on both sides.</p>}
      <ul className={classes.leaders}>
        {leaders.map(({ accountType, from, to }) => (
          <li key={accountType}>
            <span className={classes.type} data-cut="text">
              <bdi>{toPrintable(accountType)}</bdi>
            </span>
            <Led type={from} />
            <Becomes />
            <Led type={to} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Led({ type }: { readonly type: TypeLeaders | null }) {
  if (type === null) return <span className={classes.absent}>no account</span>;
  const { tokens, tied, leaders } = type;
  const names = leaders.map(({ id }) => toPrintable(id)).join(', ');
  return (
    <span className={classes.led} data-tip={`${names}: ${groupDigits(tokens)}`}>
      <span className={classes.leader}>
        <AccountId id={leaders[0]?.id ?? ''} />
      </span>
      {tied > 1 && <span className={classes.tie}>tie of {groupDigits(tied)}</span>}
      <span className={classes.tokens}>{cutVersion(tokens)}</span>
    </span>
  );
}
