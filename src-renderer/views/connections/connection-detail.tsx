import { IconHistory, IconTimeline } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { countOf, groupDigits } from '../../../src-shared/amounts';
import {
  type ConnectionStatus,
  type CoverageRange,
  type CoverageRow,
  gapNews,
  statusWords,
} from '../../../src-shared/connections';
import { toPrintable, toPrintableText } from '../../../src-shared/printable';
import { MAX_WINDOW_ROWS } from '../../../src-shared/views';
import { useResource } from '../../bindings/use-resource';
import { useModel, useWindow } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { MomentPoint } from '../../components/moments';
import { Failed } from '../../components/states';
import { CopyButton, Digits, Nothing } from '../../components/values';
import { addressOfConnection } from '../../stores/connection-form';
import { slotsIn, stripOf } from '../../stores/slot-strip';
import { endOfTimeline, loadTimeline } from '../../stores/timeline';
import classes from './connections-view.module.css';

export function ConnectionDetail({ status }: { readonly status: ConnectionStatus }) {
  const { client, fail } = useModel();
  const { address, instant } = useWindow();
  const { run, connection, state, skipped } = status;
  const { runId } = run;
  const showTimeline = () => {
    client
      .call('timeline.get', { runId })
      .then((timeline) => instant.show({ runId, at: endOfTimeline(loadTimeline(timeline)) }, 'step'), fail);
  };
  const notUpdates = Object.entries(skipped);
  return (
    <section className={classes.section} aria-label={`Connection of run ${runId}`}>
      <header className={classes.detailHead}>
        <h2 data-cut="text">
          Run {runId} · <bdi>{toPrintable(run.source)}</bdi>
        </h2>
        <ActionButton icon={IconTimeline} data-tip="With its gaps marked" onClick={showTimeline}>
          Show its timeline
        </ActionButton>
        <ActionButton
          icon={IconHistory}
          onClick={() => address.go({ view: 'history', detail: null, where: `run=${runId}` })}
        >
          Show its updates
        </ActionButton>
      </header>
      <dl className={classes.facts}>
        <dt>Address</dt>
        <dd>
          <bdi>{toPrintable(addressOfConnection(connection))}</bdi>
        </dd>
        {connection.kind === 'http' && state !== 'ended' && (
          <>
            <dt>Post with</dt>
            <dd>
              <code>{postingTo(connection.token)}</code>
              <CopyButton text={postingTo(connection.token)} label="Copy the command" />
            </dd>
          </>
        )}
        {status.recording !== undefined && (
          <>
            <dt>Recorded to</dt>
            <dd>
              <code>{toPrintable(status.recording.path)}</code>
              <CopyButton text={status.recording.path} label="Copy the path" />
            </dd>
          </>
        )}
        <dt>Slot</dt>
        <dd>
          {status.slot === null ? <Nothing word="none yet" /> : groupDigits(status.slot)}
          {status.headSlot !== null && ` of ${groupDigits(status.headSlot)} announced`}
          {status.confirmedSlot !== null && `, confirmed to ${groupDigits(status.confirmedSlot)}`}
          {status.finalizedSlot !== null && `, finalized to ${groupDigits(status.finalizedSlot)}`}
        </dd>
        <dt>Other messages</dt>
        <dd>
          {notUpdates.length === 0
            ? 'none'
            : notUpdates.map(([what, count]) => `${groupDigits(count)} × ${what}`).join(', ')}
        </dd>
        {status.lastLoss !== null && (
          <>
            <dt>Last loss</dt>
            <dd>{toPrintableText(status.lastLoss)}</dd>
          </>
        )}
      </dl>
      <Coverage status={status} />
    </section>
  );
}

function Coverage({ status: { run, connection, gaps } }: { readonly status: ConnectionStatus }) {
  const { client } = useModel();
  const { runId } = run;
  /** Where the pages begin that lead here, after the first. */
  const [pages, setPages] = useState<readonly string[]>([]);
  const page = pages.at(-1);
  const load = useCallback(() => {
    const from = page === undefined ? ({ edge: 'start' } as const) : { after: page };
    return client.call('coverage.page', { runId, window: { from, limit: MAX_WINDOW_ROWS } });
  }, [client, runId, page]);
  const { value, error, reload } = useResource(load, ['runs', 'rows', 'everything'], 'keep');
  if (value === null) return error && <Failed error={error} onRetry={reload} />;
  const strip = stripOf(value.rows);
  const missing = value.rows.filter(({ kind }) => kind === 'gap');
  return (
    <>
      <h3 className={classes.sectionTitle}>Coverage</h3>
      {strip === null ? (
        <p className={classes.none}>
          {connection.kind === 'rpc' || connection.kind === 'yellowstone'
            ? 'No slot is known yet.'
            : 'This source does not say which slots are complete.'}
        </p>
      ) : (
        <div className={classes.strip}>
          <div
            className={classes.bar}
            role="img"
            aria-label={`Slots ${strip.first} to ${strip.last}, ${countOf(missing.length, 'gap')}`}
          >
            {strip.parts.map(({ range, from, wide }) => (
              <span
                key={range.number}
                data-kind={range.kind}
                data-tip={tipOf(range)}
                style={{ left: `${from * 100}%`, width: `${wide * 100}%` }}
              />
            ))}
          </div>
          <div className={classes.ends}>
            <span>{groupDigits(strip.first)}</span>
            <span>{groupDigits(strip.last)}</span>
          </div>
        </div>
      )}
      {(pages.length > 0 || !value.atEnd) && (
        <div className={classes.pages}>
          <span>
            {groupDigits(value.startIndex + 1)} to {groupDigits(value.startIndex + value.rows.length)} of{' '}
            {countOf(value.total, 'range')}, the latest first
          </span>
          <ActionButton
            size="small"
            whyNot={value.atEnd ? 'These are the first that there were' : null}
            onClick={() => setPages([...pages, ...value.rows.slice(-1).map(({ cursor }) => cursor)])}
          >
            Earlier
          </ActionButton>
          <ActionButton
            size="small"
            whyNot={pages.length === 0 ? 'These are the latest' : null}
            onClick={() => setPages(pages.slice(0, -1))}
          >
            Later
          </ActionButton>
        </div>
      )}
      <h3 className={classes.sectionTitle}>What is missing</h3>
      {gaps === 0 && missing.length === 0 ? (
        <p className={classes.none}>Nothing was missed.</p>
      ) : (
        <Missing runId={runId} missing={missing} all={gaps} />
      )}
    </>
  );
}

const postingTo = (token: string | null) =>
  `curl -H "Authorization: Bearer $INGOT_SECRET_${token}" --data-binary @updates.ndjson ${window.location.origin}/api/updates`;

const tipOf = (range: CoverageRow): string =>
  range.kind === 'gap'
    ? gapNews(range)
    : `Nothing is missed from slot ${range.fromSlot ?? '?'} to ${range.toSlot ?? '?'}${statusWords(range)}`;

interface MissingProps {
  readonly runId: string;
  readonly missing: readonly CoverageRange[];
  /** So many gaps in all. */
  readonly all: number;
}

function Missing({ runId, missing, all }: MissingProps) {
  return (
    <>
      <table className={classes.table} aria-label="What is missing">
        <thead>
          <tr>
            <th scope="col">Noticed</th>
            <th scope="col" data-align="end">
              From slot
            </th>
            <th scope="col" data-align="end">
              To slot
            </th>
            <th scope="col" data-align="end">
              Slots
            </th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {missing.map((range) => (
            <tr key={range.number}>
              <td>
                <MomentPoint moment={range.since} />
              </td>
              <td data-align="end">
                <Slot slot={range.fromSlot} />
              </td>
              <td data-align="end">
                <Slot slot={range.toSlot} />
              </td>
              <td data-align="end">
                <Slot slot={slotsIn(range)} />
              </td>
              <td className={classes.why}>{toPrintableText(range.reason ?? '')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {all > missing.length && (
        <p className={classes.none}>
          {groupDigits(missing.length)} of {countOf(all, 'gap')} are here. The command{' '}
          <code>ingot coverage {runId}</code> lists all.
        </p>
      )}
    </>
  );
}

const Slot = ({ slot }: { readonly slot: string | null }) =>
  slot === null ? <Nothing word="unknown" /> : <Digits value={slot} />;
