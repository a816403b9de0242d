import { IconPlayerPlay, IconPlayerStop, IconRefresh, IconTerminal2 } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { countOf, formatBytes, formatSpan, groupDigits } from '../../../src-shared/amounts';
import type { WireError } from '../../../src-shared/errors';
import { toPrintableText } from '../../../src-shared/printable';
import { SQL_LIMITS, type SqlQuery, type SqlResult, type SqlTable } from '../../../src-shared/sql';
import { SQL_EXAMPLES } from '../../../src-shared/sql-examples';
import { useResource } from '../../bindings/use-resource';
import { useStored } from '../../bindings/use-stored';
import { useTicking } from '../../bindings/use-ticking';
import { useModel, usePreference } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { Empty, Loading } from '../../components/states';
import { ExportButton, ViewFrame } from '../../components/view-frame';
import { formatSecond } from '../../format/times';
import { createSqlDesk, rememberQuery, type SqlDesk, type SqlState } from '../../stores/sql';
import type { WindowModel } from '../../window-model';
import { type EditorHandle, SqlEditor } from './sql-editor';
import { SqlRows } from './sql-result';
import { SqlSide } from './sql-side';
import classes from './sql-view.module.css';

/** A query goes on, and its result stays, while another view is shown. */
const desks = new WeakMap<WindowModel, SqlDesk>();
function useDesk(): SqlDesk {
  const model = useModel();
  const desk = desks.get(model) ?? createSqlDesk(model.client, model.clock, model.fail);
  desks.set(model, desk);
  return desk;
}

const NO_TABLES: readonly SqlTable[] = [];
const NO_HISTORY: string[] = [];
const FIRST = SQL_EXAMPLES[0]?.text ?? '';
const LIMITS = [100, SQL_LIMITS.rows, 10_000, SQL_LIMITS.mostRows];
const SECONDS = [10, SQL_LIMITS.seconds, 120, SQL_LIMITS.mostSeconds];

export function SqlView() {
  const { client, preferences } = useModel();
  const desk = useDesk();
  const state = useStore(desk.store);
  const load = useCallback(() => client.call('sql.schema', {}), [client]);
  const tables = useResource(load, ['everything', 'database'], 'keep').value ?? NO_TABLES;
  const [text, setText] = useStored('sql.text', FIRST);
  const [past, setPast] = useStored('sql.history', NO_HISTORY);
  const [limit, setLimit] = useStored<number>('sql.limit', SQL_LIMITS.rows);
  const [timeout, setSeconds] = useStored<number>('sql.timeout', SQL_LIMITS.seconds);
  const [initial] = useState(text);
  const editor = useRef<EditorHandle>(null);
  useEffect(() => void desk.look(), [desk]);

  const { running, ran, failed, unavailable, waiting } = state;
  const isEmpty = text.trim() === '';
  const run = () => {
    if (isEmpty || running !== null) return;
    // Kept in order, and not what another window has meanwhile written.
    const kept = preferences.store.getState().preferences.layout['sql.history'];
    setPast(rememberQuery(Array.isArray(kept) ? kept.map(String) : past, text));
    void desk.run({ text, limit, timeout });
  };
  const insert = useCallback((name: string) => editor.current?.insert(name), []);
  const replace = useCallback((query: string) => editor.current?.replace(query), []);
  const wrongAt = failed?.query.text === text ? (failed.error.details.offset ?? null) : null;

  return (
    <ViewFrame
      title="SQL"
      count={<CopyAge state={state} />}
      controls={
        unavailable === null && (
          <>
            <Choice label="The most rows" value={limit} choices={LIMITS} word={rowsOf} onChange={setLimit} />
            <Choice
              label="The most time"
              value={timeout}
              choices={SECONDS}
              word={spanOf}
              onChange={setSeconds}
            />
            <ActionButton
              icon={IconRefresh}
              whyNot={running === null ? null : 'A query is running'}
              aria-label="Refresh copy"
              data-tip="Copy the database as it is now"
              onClick={() => void desk.refresh()}
            >
              Refresh
            </ActionButton>
            {ran && running === null && (
              <ExportButton query={{ table: 'sql', resultId: ran.result.resultId, ran: ran.query }} />
            )}
            {running === null ? (
              <ActionButton
                icon={IconPlayerPlay}
                tone="main"
                whyNot={isEmpty ? 'There is no query' : null}
                data-tip="Ctrl+Enter"
                onClick={run}
              >
                Run
              </ActionButton>
            ) : (
              <ActionButton icon={IconPlayerStop} tone="danger" onClick={desk.cancel}>
                Cancel
              </ActionButton>
            )}
          </>
        )
      }
    >
      {unavailable !== null ? (
        <Empty icon={IconTerminal2} title={unavailable.message}>
          {unavailable.details.hint}
        </Empty>
      ) : (
        <div className={classes.body}>
          <SqlSide tables={tables} history={past} onName={insert} onQuery={replace} />
          <div className={classes.work}>
            <SqlEditor
              ref={editor}
              initial={initial}
              tables={tables}
              wrongAt={wrongAt}
              onChange={setText}
              onRun={run}
            />
            <section className={classes.outcome} aria-label="Outcome">
              {running !== null ? (
                <Running state={state} sinceMs={running.sinceMs} />
              ) : waiting !== null ? (
                <AskFirst state={state} query={waiting} desk={desk} />
              ) : failed !== null ? (
                <Failure query={failed.query} error={failed.error} />
              ) : ran !== null ? (
                <Outcome result={ran.result} />
              ) : (
                <Empty icon={IconTerminal2} title="Ask the database a question of your own">
                  A query runs on a copy of the database: it can change nothing, slow nothing down, and be
                  ended at any time. Ctrl+Enter runs it.
                </Empty>
              )}
            </section>
          </div>
        </div>
      )}
    </ViewFrame>
  );
}

const rowsOf = (count: number) => countOf(count, 'row');
const spanOf = (seconds: number) => (seconds < 120 ? `${seconds} s` : `${seconds / 60} min`);

interface ChoiceProps {
  readonly label: string;
  readonly value: number;
  readonly choices: readonly number[];
  readonly word: (value: number) => string;
  readonly onChange: (value: number) => void;
}

/** The most that a query may take. */
function Choice({ label, value, choices, word, onChange }: ChoiceProps) {
  return (
    <select
      className={classes.limit}
      aria-label={label}
      data-tip={label}
      value={value}
      onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}
    >
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {word(choice)}
        </option>
      ))}
    </select>
  );
}

function CopyAge({ state: { status } }: { readonly state: SqlState }) {
  const zone = usePreference('timeZone');
  if (!status) return null;
  if (status.isCopying) return 'copying the database…';
  if (status.copy === null) return 'no copy yet';
  const { asOfSeq, madeAtMs, sizeBytes, tookMs } = status.copy;
  return (
    <span
      data-tip={`${formatBytes(sizeBytes)}, copied in ${formatSpan(tookMs)}. The database itself is never asked`}
    >
      copy as of seq {groupDigits(asOfSeq)}, {formatSecond(madeAtMs, zone)}
    </span>
  );
}

function Running({ state: { status }, sinceMs }: { readonly state: SqlState; readonly sinceMs: number }) {
  const seconds = useTicking((nowMs) => Math.floor(Math.max(0, nowMs - sinceMs) / 1000));
  const what = status?.copy === null ? 'Copying the database, then running' : 'Running';
  return (
    <div className={classes.running}>
      <Loading what="the result" />
      <p className={classes.line}>
        {what} for {seconds} s
      </p>
    </div>
  );
}

function AskFirst({ state: { status }, query, desk }: { state: SqlState; query: SqlQuery; desk: SqlDesk }) {
  if (!status) return null;
  const { sizeBytes, freeBytes, expectedMs } = status.newCopy;
  return (
    <Empty
      icon={IconTerminal2}
      title={`The database is copied first: ${formatBytes(sizeBytes)}, some ${formatSpan(expectedMs)}`}
      action={
        <ActionButton tone="main" onClick={() => void desk.run(query, true)}>
          Copy and run
        </ActionButton>
      }
    >
      The copy takes as much room on the disk, where {formatBytes(freeBytes)} are free. It is removed when
      Ingot ends.
    </Empty>
  );
}

/** The words of Postgres, and the line where it stopped. */
function Failure({ query: { text }, error }: { readonly query: SqlQuery; readonly error: WireError }) {
  const { hint, offset } = error.details;
  const start = offset === undefined ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const [line = ''] = text.slice(start).split('\n');
  return (
    <div className={classes.failure} role="alert">
      <p className={classes.said} data-of={error.code}>
        {toPrintableText(error.message)}
      </p>
      {offset !== undefined && (
        <pre className={classes.where}>
          <span className={classes.lineNumber}>line {text.slice(0, start).split('\n').length}</span>
          {line.slice(0, offset - start)}
          <mark>{line.slice(offset - start) || ' '}</mark>
        </pre>
      )}
      {hint !== undefined && <p className={classes.hint}>{toPrintableText(hint)}</p>}
    </div>
  );
}

function Outcome({ result }: { readonly result: SqlResult }) {
  const zone = usePreference('timeZone');
  const { rowCount, cut, tookMs, copy } = result;
  return (
    <>
      <p className={classes.line}>
        <strong>{cut === null ? countOf(rowCount, 'row') : `${groupDigits(rowCount)} of more rows`}</strong>
        {cut === 'rows' && <span>the limit of rows is reached</span>}
        {cut === 'bytes' && <span>more do not fit into a result of 64 MB</span>}
        <span>{formatSpan(tookMs)}</span>
        <span>
          copy of the database as of seq {groupDigits(copy.asOfSeq)}, {formatSecond(copy.madeAtMs, zone)}
        </span>
      </p>
      <SqlRows key={result.resultId} result={result} />
    </>
  );
}
