import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyText, copyTimestamp, NULL_TEXT } from './copy-text';
import type { Statement } from './database';
import { describeOnEachDatabase } from './testing/each-database';
import { failureOf } from './testing/expect-failure';
import { LATEST_EPOCH_MS, timestampOf } from './time-sql';

/** What both databases promise of COPY: see `Queryable.copy`. */

const make = 'CREATE TEMP TABLE copied (n int8 PRIMARY KEY, word text COLLATE "C", at timestamptz)';
const copied: Statement = {
  name: 'copy_words',
  deadline: 'write',
  text: 'COPY copied (n, word, at) FROM STDIN',
};
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\\N', '\\.', '\t', 'a\nb', '\r\n', '\\', 'NULL', '{"a": "\\n"}', '𝕏é'),
);
const times = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.maxSafeNat(),
  fc.constantFrom(
    0,
    253_402_300_799_999,
    253_402_300_800_000,
    8.64e15,
    8.64e15 + 2,
    Number(LATEST_EPOCH_MS) - 1,
  ),
);

describeOnEachDatabase('copied rows', (open) => {
  test('come out as they went in, whatever their text and time', async () => {
    const db = await open();
    await db.transaction(async (tx) => {
      await tx.query({ name: 'make', deadline: 'write', text: make });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(texts, times), { minLength: 1 }), async (list) => {
          const words = list.map(([word]) => word.replaceAll('\0', ''));
          const lines = list.map(([, at], n) => `${n}\t${copyText(words[n] ?? '')}\t${copyTimestamp(at)}\n`);
          expect(await tx.copy(copied, lines.join(''))).toBe(list.length);
          const { rows } = await tx.query<{ word: string; same: boolean }>(
            {
              name: 'read',
              deadline: 'read',
              text: `SELECT word, at = ${timestampOf('ms')} AS same FROM copied
                JOIN unnest($1::int8[]) WITH ORDINALITY AS g (ms, place) ON place = n + 1 ORDER BY n`,
            },
            [`{${list.map(([, at]) => at).join(',')}}`],
          );
          expect(rows).toEqual(words.map((word) => ({ word, same: true })));
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
