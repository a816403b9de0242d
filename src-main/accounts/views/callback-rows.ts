import {
  type CallbackDeliveryState,
  DELIVERY_STATES,
  type DeliveryState,
} from '../../../src-shared/deliveries';
import { IngotError } from '../../../src-shared/errors';
import { parseDuring } from '../../../src-shared/table-filters';
import type { CallbacksQuery, HistoryRow } from '../../../src-shared/views';
import { settledStateOf } from '../../callbacks/sql/callback-state';
import {
  countTargets,
  deliveriesIn,
  isDeliveredAs,
  isFirstIn,
  joinDeliveries,
} from '../../callbacks/sql/delivery-state';
import { updateByNumber } from '../../storage/update-by-number';
import { settledDuring, updateConditions } from './filter-sql';
import { boundOf, historyRows, waitingRows } from './history-rows';
import type { RowsDeps } from './pending-list';
import { nullableTextOf, type Part, type RowSet } from './row-set';
import { allOf, idStartsWith, isOneOf, joinUpdate, type Sql, sql, upTo } from './sql-pieces';

/**
 * Pending callbacks by due time, settled ones by when they were settled. A place on the chain says nothing of them.
 * @param isPresent the number is that of now: what became of deliveries by now belongs to it.
 * @throws IngotError `invalid_input` if they are filtered by their deliveries as of an earlier instant.
 */
export async function callbackRows(
  deps: RowsDeps,
  { state, direction = state === 'pending' ? 'asc' : 'desc', filter = {} }: Omit<CallbacksQuery, 'window'>,
  isPresent = deps.asOf === null,
): Promise<RowSet<HistoryRow>> {
  const { during: stretch, deliveries: delivered = [], ...other } = filter;
  const during = stretch === undefined ? null : parseDuring(stretch);
  const ofTime = during ? settledDuring(state, during, boundOf(deps.asOf)) : [];
  const known = { ...deps, cut: null };
  const found = await historyRows(known, { direction, filter: { ...other, callbackStates: [state] } });
  const where = [...found.all.where, ...ofTime];
  const { total, ...rows } = found;
  const set = {
    ...rows,
    ...(total && ofTime.length === 0 && delivered.length === 0 && { total }),
    all: { ...rows.all, where },
    name: 'callbacks_page',
    order: `callbacks ${state} ${direction}`,
  };
  if (delivered.length > 0) {
    if (!isPresent) {
      throw new IngotError('invalid_input', 'Deliveries are known as of now only.', {
        hint: 'Take the filter by delivery away, or look at now.',
      });
    }
    if (state !== 'fired')
      return { ...set, parts: [], all: { ...set.all, where: [sql('false')], lookUps: 0 } };
  }
  if (state === 'pending') return { ...set, ...waitingRows(deps.pending, 'due', direction, where) };
  const part = state === 'fired' ? FIRED : CANCELLED;
  // Deliveries are known as of now only.
  const shown = state === 'fired' && isPresent ? withDeliveries(set) : set;
  const ofUpdate = [
    ...isOneOf('u.account_type', other.accountTypes),
    ...updateConditions(other, boundOf(deps.asOf)),
    ...ofTime,
  ];
  const kept = DELIVERY_STATES.filter((one) => delivered.includes(one));
  if (kept.length > 0 && kept.length === delivered.length) {
    return {
      ...shown,
      ...deliveryRows(kept, [...idStartsWith('u.account_id', other.idPrefix), ...ofUpdate], deps.asOf),
      keys: [{ expression: 'e.seq', type: 'int8', direction }],
    };
  }
  const settled: RowSet<HistoryRow> = {
    ...shown,
    parts: [
      {
        ...part,
        range: upTo(`${part.alias}.seq`, deps.asOf),
        filter: [...part.filter, ...idStartsWith(`${part.alias}.account_id`, other.idPrefix), ...ofUpdate],
      },
    ],
    keys: [{ expression: `${part.alias}.seq`, type: 'int8', direction }],
  };
  if (delivered.length === 0) return settled;
  const lookUps = 1 + (await countTargets(deps.database));
  const scanRows = Math.ceil(Math.min(deps.scanRows, settled.scanRows ?? deps.scanRows) / lookUps);
  return { ...withDeliveredAs(settled, delivered, lookUps), scanRows };
}

/** Fired callbacks with a delivery in one of these states at any target, found by the deliveries: they may be few. */
function deliveryRows(
  states: readonly DeliveryState[],
  ofUpdate: readonly Sql[],
  asOf: string | null,
): Pick<RowSet<HistoryRow>, 'parts' | 'all'> {
  const from = sql(`(${deliveriesIn(states)}) AS e`);
  const isFirst = sql(isFirstIn('e', states));
  const { text, values } = allOf(ofUpdate);
  const settled = `(
    SELECT update_seq FROM settled_callbacks WHERE seq BETWEEN e.seq AND e.seq ORDER BY seq LIMIT 1) AS s`;
  return {
    parts: [
      {
        number: 0,
        alias: 'e',
        from,
        range: upTo('e.seq', asOf),
        lookup: `LEFT JOIN LATERAL ${settled} ON true ${joinUpdate('s.update_seq', 'u')}`,
        // The history may be removed up to there.
        filter: [sql('u.seq IS NOT NULL'), isFirst, ...ofUpdate],
      },
    ],
    all: {
      relation: 'deliveries',
      from: sql('deliveries AS e'),
      where: [
        sql(`e.state IN (${states.map((state) => `'${state}'`).join(', ')})`),
        isFirst,
        sql(
          `(SELECT true FROM ${settled} CROSS JOIN LATERAL ${updateByNumber('s.update_seq')} AS u WHERE ${text}) IS TRUE`,
          ...values,
        ),
      ],
      lookUps: 3,
    },
  };
}

/** The same fired callbacks, only those of which one of these became at any target. Each is looked up at each target. */
function withDeliveredAs(
  rows: RowSet<HistoryRow>,
  states: readonly CallbackDeliveryState[],
  lookUps: number,
): RowSet<HistoryRow> {
  const is = sql(isDeliveredAs('s', states));
  return {
    ...rows,
    parts: rows.parts.map((part) => ({
      ...part,
      range: states.every((state) => state === 'under way') ? [...part.range, AHEAD] : part.range,
      filter: [...part.filter, is],
    })),
    all: {
      ...rows.all,
      where: [
        ...rows.all.where,
        sql(
          `(SELECT true FROM settled_callbacks AS s WHERE s.update_seq = u.seq AND s.account_id = u.account_id AND ${is.text} LIMIT 1) IS TRUE`,
        ),
      ],
      lookUps: 2 * lookUps,
    },
  };
}

/** What is under way lies beyond the cursor of its target. */
const AHEAD = sql('s.seq > (SELECT min(cursor_seq) FROM targets WHERE armed)');

/** The same rows with what became of each at the targets. */
const withDeliveries = (rows: RowSet<HistoryRow>): RowSet<HistoryRow> => ({
  ...rows,
  select: `${rows.select}, delivered.deliveries`,
  joins: `${rows.joins} ${joinDeliveries('settled')}`,
  toRow(raw, moment) {
    const deliveries = nullableTextOf(raw, 'deliveries');
    return { ...rows.toRow(raw, moment), ...(deliveries !== null && { deliveries: JSON.parse(deliveries) }) };
  },
});

/** Settled callbacks in the order of settling. */
const FIRED: Part = {
  number: 0,
  alias: 's',
  from: sql('settled_callbacks AS s'),
  range: [],
  lookup: joinUpdate('s.update_seq', 'u'),
  filter: [sql(`${settledStateOf('s')} = 'fired'`)],
};

/**
 * Cancelled callbacks in the order of cancelling: by a newer version, which names the cancelled one, or by a settlement. Both
 * share one numbering, so one walk merges two indexes.
 */
const CANCELLED: Part = {
  number: 0,
  alias: 'e',
  from: sql(`(
    SELECT seq, account_id, cancels_slot AS slot, cancels_version AS version, NULL::int8 AS update_seq, NULL::text AS how
    FROM account_updates
    UNION ALL
    SELECT seq, account_id, NULL::numeric, NULL::numeric, update_seq, how FROM settled_callbacks
  ) AS e`),
  range: [],
  lookup: `
    LEFT JOIN LATERAL (
      (SELECT * FROM account_updates AS o
        WHERE e.update_seq IS NULL AND o.account_id = e.account_id AND o.slot = e.slot AND o.version = e.version LIMIT 1)
      UNION ALL
      ${updateByNumber('e.update_seq')}
    ) AS u ON true`,
  filter: [
    // What it cancelled may be removed.
    sql('u.seq IS NOT NULL'),
    sql(`(e.version IS NOT NULL OR (e.update_seq IS NOT NULL AND ${settledStateOf('e')} = 'cancelled'))`),
  ],
};
