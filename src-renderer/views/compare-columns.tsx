import type { ComparedAccount, ComparedCallback, ComparedFate } from '../../src-shared/compare';
import { gridColumns } from '../components/grid-model';
import { MarkBadge } from '../components/mark-badge';
import { MomentPoint } from '../components/moments';
import { AccountId, Change, DataText, Digits, Nothing, Version } from '../components/values';
import { subtractU64 } from '../format/integers';
import { diffVersions } from '../format/version-diff';
import { FateName } from './compare-summary';
import classes from './compare-view.module.css';

const account = gridColumns<ComparedAccount & { readonly cursor: string }>();
const callback = gridColumns<ComparedCallback & { readonly cursor: string }>();

const none = <Nothing word="no account" />;

export const accountColumns = [
  account('id', 'Account', 120, (row) => <AccountId id={row.id} />, { grow: 1 }),
  account('accountType', 'Type', 84, (row) => <DataText text={(row.to ?? row.from)?.accountType ?? ''} />, {
    grow: 0.4,
  }),
  account('versionFrom', 'Version', 72, (row) => (row.from ? <Version value={row.from.version} /> : none), {
    align: 'end',
  }),
  account('versionTo', 'then', 72, (row) => (row.to ? <Version value={row.to.version} /> : none), {
    align: 'end',
  }),
  account('tokensFrom', 'Tokens', 84, (row) => (row.from ? <Digits value={row.from.tokens} /> : none), {
    align: 'end',
  }),
  account('tokensTo', 'then', 84, (row) => (row.to ? <Digits value={row.to.tokens} /> : none), {
    align: 'end',
  }),
  account('change', 'Change', 84, (row) => <TokensChange row={row} />, { align: 'end' }),
  account('fields', 'Other fields', 120, (row) => <DataText text={otherFields(row)} />, { grow: 1 }),
];

function TokensChange({ row: { from, to } }: { readonly row: ComparedAccount }) {
  return <Change value={from && to ? subtractU64(to.tokens, from.tokens) : null} />;
}

/** Beyond this, only the inspector compares what is inside. */
const LARGE_DATA = 20_000;

/** The fields that differ and have no column, such as `data.img`. */
function otherFields({ from, to }: ComparedAccount): string {
  if (!from) return 'new';
  if (!to) return 'gone';
  if (from.data.length + to.data.length > LARGE_DATA) return from.data === to.data ? '' : 'data';
  return diffVersions(from, to)
    .map(({ path }) => path)
    .filter((path) => path !== 'tokens' && path !== 'version')
    .join(', ');
}

export const callbackColumns = [
  callback('id', 'Account', 120, (row) => <AccountId id={row.id} />, { grow: 1 }),
  callback('accountType', 'Type', 84, (row) => <DataText text={row.accountType} />, { grow: 0.4 }),
  callback('version', 'Version', 84, (row) => <Version value={row.version} />, { align: 'end' }),
  callback('from', 'From', 190, (row) => <Fate fate={row.from} />, { grow: 0.6 }),
  callback('to', 'To', 190, (row) => <Fate fate={row.to} />, { grow: 0.6 }),
];

function Fate({ fate }: { readonly fate: ComparedFate | null }) {
  if (fate === null) return <FateName fate="none" />;
  const { state, settled, how, supersededBy } = fate;
  return (
    <span className={classes.outcome}>
      <MarkBadge mark={state} />
      {supersededBy !== null && (
        <span className={classes.by}>
          by <Version value={supersededBy} />
        </span>
      )}
      {supersededBy === null && how !== null && how !== 'due' && <span className={classes.by}>{how}</span>}
      {settled !== null && <MomentPoint moment={settled} />}
    </span>
  );
}
