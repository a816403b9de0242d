import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyText, NULL_TEXT } from './copy-text';
import type { Statement } from './database';
import { describeOnEachDatabase } from './testing/each-database';
import { failureOf } from './testing/expect-failure';

/** What both databases promise of COPY: see `Queryable.copy`. */

const make = 'CREATE TEMP TABLE copied (n int8 PRIMARY KEY, word text COLLATE "C")';
const copied: Statement = {
  name: 'copy_words',
  deadline: 'write',
  text: 'COPY copied (n, word) FROM STDIN',
};
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\\N', '\\.', '\t', 'a\nb', '\r\n', '\\', 'NULL', '{"a": "\\n"}', '𝕏é'),
);

describeOnEachDatabase('copied rows', (open) => {
  test('come out as they went in, whatever their text', async () => {
    const db = await open();
    await db.transaction(async (tx) => {
      await tx.query({ name: 'make', deadline: 'write', text: make });
      await fc.assert(
        fc.asyncProperty(fc.array(texts, { minLength: 1 }), async (list) => {
          const words = list.map((word) => word.replaceAll('\0', ''));
          const lines = words.map((word, n) => `${n}\t${copyText(word)}\n`);
          expect(await tx.copy(copied, lines.join(''))).toBe(list.length);
          const { rows } = await tx.query<{ word: string }>({
            name: 'read',
            deadline: 'read',
            text: 'SELECT word FROM copied ORDER BY n',
          });
          expect(rows).toEqual(words.map((word) => ({ word })));
          await tx.query({ name: 'empty', deadline: 'maintenance', text: 'TRUNCATE copied' });
        }),
        { numRuns: 60 },
      );
      await tx.query({ name: 'drop', deadline: 'maintenance', text: 'DROP TABLE copied' });
    });
  });

  test('of no value are NULL, and columns left out have their defaults', async () => {
    const db = await open();
    await db.copy(
      {
        name: 'copy_rejects',
        deadline: 'write',
        text: 'COPY rejects (run_id, record_index, field, reason, excerpt, position, at_ms) FROM STDIN',
      },
      '1\t2\ta\tb\tc\t3\t4\n',
    );
    await db.copy(
      {
        name: 'copy_runs',
        deadline: 'write',
        text: 'COPY runs (source, settings, state, failure, clock) FROM STDIN',
      },
      `a.json\t{}\tstopped\t${NULL_TEXT}\t{}\n`,
    );
    const { rows } = await db.query({
      name: 'read',
      deadline: 'read',
      text: 'SELECT failure, counts, started_at IS NOT NULL AS dated, reason FROM runs CROSS JOIN rejects',
    });
    expect(rows).toEqual([{ failure: null, counts: '{}', dated: true, reason: 'b' }]);
  });

  test('that are refused leave none behind, and name the statement and no value', async () => {
    const db = await open();
    const text = 'COPY rejects (run_id, record_index, field, reason, excerpt, position, at_ms) FROM STDIN';
    const row = '1\t2\tsecret-value-1\t\t\t3\t4\n';
    for (const [rows, sqlstate] of [
      [row + row, '23505'],
      [`${row}secret-value-1\t2\t\t\t\t3\t4\n`, '22P02'],
      [`${row}1\t2\n`, '22P04'],
    ] as const) {
      const error = await failureOf(db.copy({ name: 'copy_something', deadline: 'write', text }, rows));
      expect(error).toMatchObject({
        code: 'database_error',
        details: { sqlstate, statement: 'copy_something' },
      });
      expect(JSON.stringify([error.message, error.details, error.cause, error.stack])).not.toContain(
        'secret-value-1',
      );
    }
    expect((await db.query({ name: 'read', deadline: 'read', text: 'SELECT * FROM rejects' })).rows).toEqual(
      [],
    );
  });

  test('go the way of their transaction', async () => {
    const db = await open();
    const text = 'COPY rejects (run_id, record_index, field, reason, excerpt, position, at_ms) FROM STDIN';
    const rolledBack = db.transaction(async (tx) => {
      await tx.copy({ name: 'copy_rejects', deadline: 'write', text }, '1\t2\t\t\t\t3\t4\n');
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect((await db.query({ name: 'read', deadline: 'read', text: 'SELECT * FROM rejects' })).rows).toEqual(
      [],
    );
  });

  test('and statements asked for at once are done in order', async () => {
    const db = await open();
    const counts = await db.transaction(async (tx) => {
      const text = 'COPY rejects (run_id, record_index, field, reason, excerpt, position, at_ms) FROM STDIN';
      const count: Statement = {
        name: 'count',
        deadline: 'read',
        text: 'SELECT count(*)::int4 AS rows FROM rejects',
      };
      return Promise.all([
        tx.query(count),
        tx.copy({ name: 'copy_rejects', deadline: 'write', text }, '1\t2\t\t\t\t3\t4\n1\t3\t\t\t\t3\t4\n'),
        tx.query(count),
      ]);
    });
    expect(counts.map((answer) => (typeof answer === 'number' ? answer : answer.rows))).toEqual([
      [{ rows: 0 }],
      2,
      [{ rows: 2 }],
    ]);
  });
});
