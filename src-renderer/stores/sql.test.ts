import { expect, it } from 'vitest';
import type { Client } from '../transport/client';
import { fetchResult, rememberQuery } from './sql';

it('remembers each query once, the latest first, a hundred at most and no more than the host keeps', () => {
  expect(rememberQuery(['b', 'a'], 'a')).toEqual(['a', 'b']);
  const many = Array.from({ length: 120 }, (_, at) => `SELECT ${at}`);
  expect(rememberQuery(many, 'last')).toEqual(['last', ...many.slice(0, 99)]);
  const long = Array.from({ length: 5 }, (_, at) => String(at).repeat(15_000));
  expect(rememberQuery(long, 'short')).toEqual(['short', ...long.slice(0, 2)]);
});

it('finds the rows of every part of a result, although an answer has fewer than were asked for', async () => {
  const COUNT = 50;
  const asked: number[] = [];
  const client = {
    call: async (_: string, { from, limit }: { from: number; limit: number }) => {
      asked.push(limit);
      const count = Math.min(limit, 7, COUNT - from);
      return { from, rows: Array.from({ length: count }, (_each, at) => [String(from + at)]) };
    },
  } as unknown as Client;
  const fetch = fetchResult(client, { resultId: 'r', rowCount: COUNT });
  const cellsOf = async (...[window]: Parameters<typeof fetch>) => {
    const { rows, atStart, atEnd, startIndex } = await fetch(window);
    expect(rows.map(({ cells }) => cells[0])).toEqual(rows.map(({ cursor }) => cursor));
    return [rows[0]?.cursor, rows.at(-1)?.cursor, rows.length, atStart, atEnd, startIndex];
  };
  expect(await cellsOf({ from: { edge: 'start' }, limit: 20 })).toEqual(['0', '19', 20, true, false, 0]);
  expect(await cellsOf({ from: { after: '19' }, limit: 20 })).toEqual(['20', '39', 20, false, false, 20]);
  expect(await cellsOf({ from: { after: '39' }, limit: 20 })).toEqual(['40', '49', 10, false, true, 40]);
  expect(await cellsOf({ from: { edge: 'end' }, limit: 20 })).toEqual(['30', '49', 20, false, true, 30]);
  expect(await cellsOf({ from: { before: '5' }, limit: 20 })).toEqual(['0', '4', 5, true, false, 0]);
  expect(await cellsOf({ from: { near: 0.5 }, limit: 20 })).toEqual(['25', '44', 20, false, false, 25]);
  expect(asked.every((limit) => limit <= 20)).toBe(true);
});
