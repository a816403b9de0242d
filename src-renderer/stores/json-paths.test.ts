import { expect, it } from 'vitest';
import { parseDataTest } from '../../src-shared/table-filters';
import { jsonPathsOf } from './json-paths';

it('finds the paths of decoded fields and of JSON that the filter reads, each once, and not more than a list can show', () => {
  const rows = [
    { data: '{"owner":"a","mint":{"decimals":6,"a b":1},"tags":[1]}', decoded: null },
    { data: '{"owner":"b","data":["AA==","base64"]}', decoded: '{"type":"mint","fields":{"supply":"1"}}' },
    { data: '7', decoded: '{"reason":"no IDL"}' },
  ];
  const paths = jsonPathsOf(rows);
  expect(paths).toEqual([
    'decoded.fields.supply',
    'decoded.reason',
    'decoded.type',
    'mint.decimals',
    'owner',
  ]);
  for (const path of paths) expect(parseDataTest(`${path} = 1`)).not.toBeNull();
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key${at}`, at]));
  expect(jsonPathsOf([{ data: JSON.stringify(many), decoded: null }])).toHaveLength(200);
});
