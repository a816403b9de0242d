import { expect, it } from 'vitest';
import type { Statement } from './database';
import { type Connection, runTransaction } from './transaction';

const statement: Statement = { name: 'one', deadline: 'read', text: 'SELECT 1' };

/** Records the commands in order; BEGIN fails. */
function withoutBegin(mayRunAhead: boolean) {
  const asked: string[] = [];
  const connection: Connection = {
    mayRunAhead,
    async query() {
      asked.push('query');
      return { rows: [], affectedRows: 0 };
    },
    async copy() {
      asked.push('copy');
      return 0;
    },
    async executeScript() {
      asked.push('script');
    },
    async command(text) {
      asked.push(text);
      if (text === 'BEGIN') throw new Error('no BEGIN');
      return text;
    },
  };
  return { asked, connection };
}

it.each([
  [true, ['BEGIN', 'query', 'ROLLBACK']],
  [false, ['BEGIN']],
])(
  'a transaction that could not begin commits nothing and says why; ahead of the answer: %s',
  async (mayRunAhead, expected) => {
    const { asked, connection } = withoutBegin(mayRunAhead);
    const work = runTransaction(connection, (tx) => tx.query(statement));
    await expect(work).rejects.toThrow('no BEGIN');
    expect(asked).toEqual(expected);
  },
);
