import { memo } from 'react';
import { groupDigits } from '../../../src-shared/amounts';
import type { SqlTable } from '../../../src-shared/sql';
import { SQL_EXAMPLES } from '../../../src-shared/sql-examples';
import { useStored } from '../../bindings/use-stored';
import { ChoiceBar } from '../../components/field';
import classes from './sql-view.module.css';

type Shown = 'tables' | 'examples' | 'history';
const CHOICES = [
  { value: 'tables', label: 'Tables' },
  { value: 'examples', label: 'Examples' },
  { value: 'history', label: 'History' },
] as const;

interface SqlSideProps {
  readonly tables: readonly SqlTable[];
  /** The latest first. */
  readonly history: readonly string[];
  readonly onName: (name: string) => void;
  readonly onQuery: (text: string) => void;
}

/** What can be put into the query. */
export const SqlSide = memo(function SqlSide({ tables, history, onName, onQuery }: SqlSideProps) {
  const [shown, setShown] = useStored<Shown>('sql.side', 'examples');
  return (
    <aside className={classes.side} aria-label="For the query">
      <ChoiceBar<Shown> label="For the query" value={shown} choices={CHOICES} onChange={setShown} />
      <div className={classes.sideList}>
        {shown === 'tables' &&
          tables.map((table) => <Table key={table.name} table={table} onName={onName} />)}
        {shown === 'examples' &&
          SQL_EXAMPLES.map(({ title, text }) => (
            <button key={title} type="button" className={classes.choice} onClick={() => onQuery(text)}>
              {title}
            </button>
          ))}
        {shown === 'history' &&
          (history.length === 0 ? (
            <p className={classes.none}>Queries that were run come here.</p>
          ) : (
            history.map((text) => (
              <button key={text} type="button" className={classes.past} onClick={() => onQuery(text)}>
                {text}
              </button>
            ))
          ))}
      </div>
    </aside>
  );
});

function Table({
  table: { name, rows, columns },
  onName,
}: { readonly table: SqlTable } & Pick<SqlSideProps, 'onName'>) {
  return (
    <details className={classes.table}>
      <summary className={classes.tableHead}>
        <span className={classes.name}>{name}</span>
        <span className={classes.estimate} data-tip="Estimated by Postgres">
          {rows === null ? 'not counted' : `~${groupDigits(rows)}`}
        </span>
      </summary>
      <button type="button" className={classes.column} onClick={() => onName(name)}>
        <span className={classes.name}>{name}</span>
        <span className={classes.type}>table</span>
      </button>
      {columns.map((column) => (
        <button
          key={column.name}
          type="button"
          className={classes.column}
          onClick={() => onName(column.name)}
        >
          <span className={classes.name}>{column.name}</span>
          <span className={classes.type}>{column.type}</span>
        </button>
      ))}
    </details>
  );
}
