import type { TableQuery } from '../../../src-shared/tables';
import { ExportButton } from '../../components/view-frame';
import classes from './database-view.module.css';

const ACCOUNTS: TableQuery = { table: 'accounts', sort: { by: 'id', direction: 'asc' }, filter: {} };
const HISTORY: TableQuery = { table: 'updates', direction: 'asc', filter: {} };

/** Whole tables; a view exports what it shows. */
export function Exports() {
  return (
    <section className={classes.section} aria-labelledby="database-export">
      <h2 id="database-export">Export</h2>
      <p className={classes.text}>
        A file with every row, for a spreadsheet or another program. Accounts, History and Callbacks export
        what they show.
      </p>
      <div className={classes.actions}>
        <ExportButton query={ACCOUNTS}>Accounts…</ExportButton>
        <ExportButton query={HISTORY}>History…</ExportButton>
      </div>
    </section>
  );
}
