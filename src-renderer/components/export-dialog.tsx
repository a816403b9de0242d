import { modals } from '@mantine/modals';
import { IconCopy, IconDownload } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { groupDigits, wholePercent } from '../../src-shared/amounts';
import { lasting } from '../../src-shared/chain-place';
import type { ResolvedInstant } from '../../src-shared/instant';
import type { SqlQuery } from '../../src-shared/sql';
import { composeSqlCommand, composeTableCommand } from '../../src-shared/table-command';
import {
  type ChainFormat,
  describeLeftOut,
  type ExportFormat,
  type ExportStarted,
  type ExportStatus,
  isChainFormat,
  isOfAnInstant,
  type TableQuery,
} from '../../src-shared/tables';
import type { WindowModel } from '../window-model';
import { ActionButton } from './action-button';
import classes from './export-dialog.module.css';
import { ChoiceBar } from './field';

const CHOICES = [
  { value: 'excel', label: 'CSV for Excel' },
  { value: 'csv', label: 'CSV' },
  { value: 'ndjson', label: 'NDJSON' },
  { value: 'json', label: 'JSON' },
  { value: 'parquet', label: 'Parquet' },
] as const satisfies readonly { value: ExportFormat | 'excel'; label: string }[];
const ACCOUNT_CHOICES = [
  ...CHOICES,
  { value: 'account-dir', label: 'Account folder' },
  { value: 'surfpool', label: 'Surfpool' },
] as const satisfies readonly { value: ExportFormat | ChainFormat | 'excel'; label: string }[];
type Choice = (typeof ACCOUNT_CHOICES)[number]['value'];
/** What reads them. */
const READERS = {
  'account-dir':
    'solana-test-validator --account-dir loads: a file for each account, in a browser as one .tar.gz archive',
  surfpool: 'surfpool start --snapshot loads',
} as const satisfies Record<ChainFormat, string>;
/** Their order means nothing to a validator. */
const BY_ID = { by: 'id', direction: 'asc' } as const;
const ASK_EVERY_MS = 250;

/** The instant that the window shows, with what the address calls it. */
interface Then extends ResolvedInstant {
  readonly text: string | null;
}

/** A table, or a result of SQL with the query that it came from. */
export type Exported =
  | TableQuery
  | { readonly table: 'sql'; readonly resultId: string; readonly ran: SqlQuery };

/** What is shown over the window is outside of it, so it is handed the model. @param then null: live. */
export const openExport = (model: WindowModel, query: Exported, then: Then | null): void => {
  const of =
    then !== null && isOfAnInstant(query)
      ? { instant: then.text && lasting(then.text, then), query: { ...query, asOf: then.asOf } }
      : { instant: null, query };
  const id = modals.open({
    title: query.table === 'sql' ? 'Export the result' : `Export ${query.table}`,
    centered: true,
    size: 640,
    children: <ExportForm model={model} {...of} close={() => modals.close(id)} />,
  });
};

interface ExportFormProps {
  readonly model: WindowModel;
  readonly query: Exported;
  readonly instant: string | null;
  readonly close: () => void;
}

function ExportForm({ model, query, instant, close }: ExportFormProps) {
  const { client, clock, fail, messages } = model;
  const [choice, setChoice] = useState<Choice>('excel');
  const [started, setStarted] = useState<ExportStarted | null>(null);
  const [status, setStatus] = useState<ExportStatus | null>(null);
  const [asking, setAsking] = useState(false);
  const format = choice === 'excel' ? 'csv' : choice;
  const line =
    query.table === 'sql'
      ? composeSqlCommand(query.ran, format)
      : composeTableCommand(
          isChainFormat(format) && query.table === 'accounts' ? { ...query, sort: BY_ID } : query,
          {
            format,
            instant,
          },
        );
  const ending = format === 'account-dir' ? '' : format === 'surfpool' ? '-surfpool.json' : `.${format}`;
  const command = `${line}${choice === 'excel' ? ' --bom' : ''} --out ingot-${query.table}${ending}`;

  useEffect(() => {
    if (started === null) return;
    const { exportId, name } = started;
    const ask = () =>
      client.call('export.status', { exportId }).then((now) => {
        setStatus(now);
        if (now.state === 'waiting' || now.state === 'running') return;
        end();
        setStarted(null);
        if (now.state === 'failed') fail(new Error(now.failure ?? 'The export failed.'));
        if (now.state !== 'done') return;
        const leftOut = describeLeftOut(now.leftOut);
        const written = Object.values(now.leftOut).reduce((left, count) => left - count, now.rows);
        const text = `Exported ${groupDigits(written)} rows to ${name}.${leftOut === '' ? '' : ` ${leftOut}.`}`;
        messages.emit({ level: leftOut === '' ? 'success' : 'warning', text });
        close();
      }, fail);
    const end = clock.every(ASK_EVERY_MS, () => void ask());
    return end;
  }, [started, client, clock, fail, messages, close]);

  const begin = async () => {
    setAsking(true);
    try {
      const asked = query.table === 'sql' ? { table: query.table, resultId: query.resultId } : query;
      const byteOrderMark = choice === 'excel';
      const begun = await client.call('export.start', { query: asked, format, byteOrderMark });
      setStatus(null);
      setStarted(begun);
      if (begun !== null && begun.address !== null) fetchFile(begun.address, begun.name);
    } catch (error) {
      fail(error);
    } finally {
      setAsking(false);
    }
  };
  const busy = asking || started !== null;
  return (
    <div className={classes.form}>
      <ChoiceBar
        label="Format"
        value={choice}
        choices={query.table === 'accounts' ? ACCOUNT_CHOICES : CHOICES}
        onChange={setChoice}
      />
      <p>
        {query.table === 'sql'
          ? 'The rows of this result, no cell cut. The command asks the database as it is then.'
          : isChainFormat(format)
            ? `What ${READERS[format]}. Every account as filtered here${instant === null ? '' : `, as of ${instant}`}, with all its bytes. Those that are closed, or whose bytes are not all here, are left out and counted.`
            : `Every row as filtered and sorted here${instant === null ? '' : `, as of ${instant}`}, with all columns and each time on the run’s clock and as wall time.`}
      </p>
      <div className={classes.commandLine}>
        <span>The same on the command line</span>
        <code className={classes.command}>{command}</code>
        <ActionButton icon={IconCopy} tone="quiet" data-copy={command}>
          Copy as command
        </ActionButton>
      </div>
      {started !== null && (
        <div className={classes.progress}>
          <progress
            value={status?.rows ?? 0}
            max={Math.max(1, status?.total ?? 1, status?.rows ?? 0)}
            aria-label="Exported"
          />
          <span>
            {groupDigits(status?.rows ?? 0)} rows
            {status?.total != null && `, ${wholePercent(status.rows, Math.max(status.total, status.rows))} %`}
          </span>
        </div>
      )}
      <div className={classes.buttons}>
        <ActionButton
          onClick={() => {
            if (started === null) close();
            else client.call('export.cancel', { exportId: started.exportId }).catch(fail);
          }}
        >
          {started === null ? 'Close' : 'Cancel export'}
        </ActionButton>
        <ActionButton
          icon={IconDownload}
          tone="main"
          whyNot={busy ? 'An export is under way' : null}
          onClick={() => void begin()}
        >
          Export
        </ActionButton>
      </div>
    </div>
  );
}

function fetchFile(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
