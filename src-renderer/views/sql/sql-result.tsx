import { useMemo } from 'react';
import type { SqlColumn, SqlResult, SqlRow } from '../../../src-shared/sql';
import { useInspect } from '../../bindings/use-inspect';
import { useWindowRows } from '../../bindings/use-window-rows';
import { useModel } from '../../bindings/window-context';
import { DataGrid } from '../../components/data-grid';
import { gridColumns } from '../../components/grid-model';
import { RowsBody } from '../../components/rows-body';
import { AccountId, DataText, Nothing } from '../../components/values';
import { fetchResult } from '../../stores/sql';
import classes from './sql-view.module.css';

interface Row {
  readonly cells: SqlRow;
  readonly cursor: string;
}

const column = gridColumns<Row>();
const NUMBERS = /^(?:smallint|integer|bigint|numeric|real|double precision|oid)$/;

/** The rows of one result: another result is another table. */
export function SqlRows({ result }: { readonly result: SqlResult }) {
  const { client } = useModel();
  const fetchRows = useMemo(() => fetchResult(client, result), [client, result]);
  const { rows, state, retry } = useWindowRows(fetchRows, 'database');
  const columns = useMemo(() => result.columns.map(columnOf), [result]);
  const idAt = result.columns.findIndex(isId);
  const open = useInspect();
  const actions = useMemo(() => {
    if (idAt === -1) return {};
    return {
      open: ({ cells }: Row) => {
        const id = cells[idAt];
        if (id != null) open({ id });
      },
    };
  }, [idAt, open]);
  return (
    <RowsBody
      state={state}
      retry={retry}
      what="the result"
      empty={<p className={classes.none}>The query found no rows.</p>}
    >
      <DataGrid
        label="Result"
        columns={columns}
        rows={rows}
        rowKey={placeOf}
        textOf={lineOf}
        actions={actions}
        inCharge="focus"
      />
    </RowsBody>
  );
}

const placeOf = ({ cursor }: Row) => cursor;
const lineOf = ({ cells }: Row) => cells.map((cell) => cell ?? '').join('\t');

const isId = ({ name, type }: SqlColumn) => type === 'text' && /^(?:account_)?id$/.test(name);

function columnOf(of: SqlColumn, at: number) {
  const { name, type } = of;
  const isNumber = NUMBERS.test(type);
  return column(
    `${at}.${name}`,
    () => <span data-tip={type}>{name}</span>,
    isNumber ? 88 : 160,
    ({ cells }) => {
      const cell = cells[at] ?? null;
      if (cell === null) return <Nothing word="null" />;
      if (isId(of)) return <AccountId id={cell} />;
      if (isNumber) return <span className={classes.digits}>{cell}</span>;
      return <DataText text={type === 'boolean' ? (BOOLEANS[cell] ?? cell) : cell} />;
    },
    { align: isNumber ? 'end' : 'start', grow: isNumber ? 0 : 1 },
  );
}
const BOOLEANS: Readonly<Record<string, string>> = { t: 'true', f: 'false' };
