import { groupDigits } from '../../../src-shared/amounts';
import type { StatementFigures } from '../../../src-shared/operations';

import { formatTime } from './operations-plots';
import classes from './operations-view.module.css';

/** By total time, highest first. */
export function StatementsTable({ statements }: { readonly statements: readonly StatementFigures[] }) {
  const wholeMs = statements.reduce((sum, { totalMs }) => sum + totalMs, 0);
  return (
    <section className={classes.statements} aria-label="Statements">
      <header className={classes.panelHead}>
        <h2 id="statements-title">SQL statements</h2>
        <span className={classes.quiet}>
          since Ingot was started; time waiting for their turn included, p99 estimated
        </span>
      </header>
      <table aria-labelledby="statements-title">
        <thead>
          <tr>
            <th scope="col">Statement</th>
            <th scope="col">Calls</th>
            <th scope="col">Mean</th>
            <th scope="col">p99</th>
            <th scope="col">Total</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {statements.map(({ statement, calls, meanMs, p99Ms, totalMs }) => {
            const share = wholeMs === 0 ? 0 : totalMs / wholeMs;
            return (
              <tr key={statement}>
                <th scope="row">{statement}</th>
                <td>{groupDigits(calls)}</td>
                <td>{formatTime(meanMs)}</td>
                <td>{formatTime(p99Ms)}</td>
                <td>{formatTime(totalMs)}</td>
                <td>
                  <span className={classes.share}>
                    <span aria-hidden="true" style={{ width: `${Math.round(share * 64)}px` }} />
                    {Math.round(share * 100)} %
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
