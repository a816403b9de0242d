import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CALLBACK_DELIVERY_STATES } from './deliveries';
import { composeTableCommand, formatWhere, readTableQuery } from './table-command';
import type { TableName, TableQuery } from './tables';
import { ACCOUNT_SORTS } from './views';

it('reads the filter of the documentation', () => {
  expect(
    readTableQuery('accounts', {
      where: 'type=mint|escrow, tokens>=500,id^=abc,state=pending,version<=3:7',
      sort: 'tokens:desc',
      asOf: '12',
    }),
  ).toEqual({
    table: 'accounts',
    asOf: '12',
    sort: { by: 'tokens', direction: 'desc' },
    filter: {
      accountTypes: ['mint', 'escrow'],
      tokensFrom: '500',
      idPrefix: 'abc',
      callbackStates: ['pending'],
      versionTo: '3:7',
    },
  });
  expect(readTableQuery('updates', { where: 'run=3,outcome=stale' })).toEqual({
    table: 'updates',
    direction: 'asc',
    filter: { runId: '3', outcomes: ['stale'] },
  });
  expect(
    readTableQuery('updates', {
      where:
        'change<=-1, during=3@12.5s-20s, data.mint.decimals >= 6, data.owner = a|b, data."x,"=null, decoded.fields.amount>=5, id!=a|b',
    }),
  ).toMatchObject({
    filter: {
      changeTo: '-1',
      during: '3@00:12.500-00:20.000',
      data: ['mint.decimals>=6', 'owner="a|b"', '"x,"=null', 'decoded.fields.amount>=5'],
      exceptIds: ['a', 'b'],
    },
  });
  expect(readTableQuery('callbacks', { where: 'state=fired,late>=250', sort: 'time:asc' })).toEqual({
    table: 'callbacks',
    state: 'fired',
    direction: 'asc',
    filter: { lateFrom: '250' },
  });
  expect(readTableQuery('rejects', { where: 'run=3' })).toEqual({ table: 'rejects', runId: '3' });
  expect(readTableQuery('accounts', { where: 'tokens=5' })).toMatchObject({
    filter: { tokensFrom: '5', tokensTo: '5' },
  });
});

it.each([
  [
    'accounts',
    'colour=red',
    '--where: "colour=red" is no filter of accounts.',
    'There are id^=, id!=, type=, type!=, run=, during=, data.PATH, tokens>=,',
  ],
  ['accounts', 'tokens', '--where: "tokens" is no filter of accounts.', 'tokens>='],
  ['runs', 'id^=a', '--where: "id^=a" is no filter of runs.', '"runs" has no filter.'],
  ['accounts', 'type=a,type=b', '--where: type= stands there twice.', 'type=a|b'],
  ['accounts', 'type="a', '--where: "a is not a text in quotes.', 'JSON'],
  ['accounts', 'state=gone', '--where state=: ', undefined],
  ['accounts', 'tokens>=-1', '--where tokens>=: must be a whole number', undefined],
  ['updates', 'run=x', '--where run=: ', undefined],
  ['updates', 'during=3@20s-10s', '--where during=: must be RUN@FROM-TO', undefined],
  ['updates', 'data.a >', '--where data.: must be a path with a comparison', undefined],
  ['updates', 'change>=many', '--where change>=: must be a whole number', undefined],
] as const)('says what is wrong with the filter of %s: %s', (table, where, message, hint) => {
  expect(() => readTableQuery(table, { where })).toThrow(message);
  if (hint === undefined) return;
  const caught = (() => {
    try {
      return readTableQuery(table, { where });
    } catch (error) {
      return error;
    }
  })();
  expect(caught).toMatchObject({ details: { hint: expect.stringContaining(hint) } });
});

it('lists what a term allows', () => {
  expect(() => readTableQuery('callbacks', { where: 'state=gone' })).toThrow(
    'One of: pending, fired, cancelled.',
  );
  expect(() => readTableQuery('accounts', { sort: 'size' })).toThrow(
    '--sort: "size" is no order of accounts.',
  );
  expect(() => readTableQuery('runs', { sort: 'id' })).toThrow('"runs" has one order');
});

const text = fc.string({
  unit: fc.constantFrom('a', '"', '\\', ',', '|', ' ', "'", '=', '>', 'é', '\n', '$'),
  minLength: 1,
  maxLength: 12,
});
const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const states = fc.uniqueArray(fc.constantFrom('pending', 'fired', 'cancelled'), { minLength: 1 });
const direction = fc.constantFrom('asc', 'desc');
const texts = fc.uniqueArray(text, { minLength: 1, maxLength: 4 });
const common = {
  idPrefix: some(text),
  exceptIds: some(texts),
  accountTypes: some(texts),
  exceptTypes: some(texts),
  runId: some(fc.constantFrom('1', '77')),
  during: some(fc.constantFrom('3@00:12.500-00:20.000', '77@00:00.000-2:00:00.001')),
  data: some(
    fc.array(
      fc.oneof(
        fc.constantFrom('a', '[0].b', 'a[*]=null', 'mint.decimals>=6', 'a.b!=-1.50e3'),
        text.map((key) => `${JSON.stringify(key)}.a^="x"`),
        text.map((value) => `a<${JSON.stringify(value)}`),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  ),
  tokensFrom: some(u64),
  tokensTo: some(u64),
  versionFrom: some(u64),
  versionTo: some(u64),
};
const lateFrom = some(fc.nat().map(String));
const given = <T extends object>(filter: T): T =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as T;
const queries: fc.Arbitrary<TableQuery> = fc.oneof(
  fc.record({
    table: fc.constant('accounts' as const),
    sort: fc.record({ by: fc.constantFrom(...ACCOUNT_SORTS), direction }),
    filter: fc.record({ ...common, callbackStates: some(states) }).map(given),
  }),
  fc.record({
    table: fc.constant('updates' as const),
    direction,
    filter: fc
      .record({
        ...common,
        outcomes: some(fc.uniqueArray(fc.constantFrom('indexed', 'stale'), { minLength: 1 })),
        callbackStates: some(states),
        changeFrom: some(fc.bigInt({ min: -(2n ** 64n) + 1n, max: 2n ** 64n - 1n }).map(String)),
        changeTo: some(u64),
        lateFrom,
      })
      .map(given),
  }),
  fc
    .record({
      table: fc.constant('callbacks' as const),
      state: some(fc.constantFrom('pending', 'fired', 'cancelled')),
      direction: some(direction),
      filter: fc
        .record({
          ...common,
          lateFrom,
          deliveries: some(fc.subarray([...CALLBACK_DELIVERY_STATES], { minLength: 1 })),
        })
        .map(given),
    })
    .map(given),
  fc.record({ table: fc.constant('account' as const), id: text }),
  fc.record({ table: fc.constant('leaders' as const), accountType: some(text) }).map(given),
  fc.record({ table: fc.constant('runs' as const) }),
  fc.record({ table: fc.constant('rejects' as const), runId: fc.constantFrom('1', '9') }),
) as fc.Arbitrary<TableQuery>;

/** As a POSIX shell splits it. */
function splitWords(command: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < command.length; at += 1) {
    const character = command.charAt(at);
    if (character === ' ') {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "'") {
      const end = command.indexOf("'", at + 1);
      word = (word ?? '') + command.slice(at + 1, end);
      at = end;
    } else if (character === '\\') {
      at += 1;
      word = (word ?? '') + command.charAt(at);
    } else word = (word ?? '') + character;
  }
  if (word !== null) words.push(word);
  return words;
}

it('composes a command that means the same query', () => {
  fc.assert(
    fc.property(queries, (query) => {
      const [program, table, ...rest] = splitWords(composeTableCommand(query));
      expect([program, table]).toEqual(['ingot', query.table]);
      const option = (name: string) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);
      const id = query.table === 'account' ? rest.at(-1) : undefined;
      expect(
        readTableQuery(table as TableName, { id, where: option('--where'), sort: option('--sort') }),
      ).toEqual(query);
    }),
  );
});

it('writes the instant and the format', () => {
  const query = readTableQuery('updates', { where: 'outcome=stale', sort: 'arrived:desc' });
  expect(composeTableCommand(query, { instant: 'last@00:12.4', format: 'csv' })).toBe(
    "ingot updates --where 'outcome=stale' --sort arrived:desc --as-of last@00:12.4 --format csv",
  );
  expect(formatWhere(readTableQuery('runs', {}))).toBe('');
});
