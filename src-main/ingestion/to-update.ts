import { z } from 'zod';
import type { Reading } from '../../src-shared/mapping';
import { type EpochMs, type U64Text, UPDATE_LIMITS, type Update, versionText } from '../../src-shared/update';
import { u64TextSchema } from '../../src-shared/views';
import { encodeBase58 } from './base58';
import type { ChainAccount, ChainAccountState } from './chain-account';
import { type Decode, type Decoding, decodedText, decodedU64 } from './decoding/decoded';
import { UNICODE_ESCAPE } from './json-scan';
import { MAX_ACCOUNT_BYTES } from './limits';
import { REASONS } from './reasons';
import type { UnnumberedUpdate } from './record';
import { findUnstorable } from './storable-json';
import { findNameFault } from './validate';

/** What `tokens` and `accountType` mean, and when callbacks are due. */
export type Choices = Pick<Reading, 'tokens' | 'accountType' | 'callbackTimeMs'>;

/** How the lines of a live source are read. Without `decode`, accounts stay bytes. */
export interface LiveReading extends Reading {
  readonly decode?: Decode;
}

/** A `SourceRecord` before it has its place in a source. */
export type Made =
  | { readonly kind: 'update'; readonly update: Update; readonly arrivalMs?: EpochMs }
  | { readonly kind: 'unnumbered'; readonly update: UnnumberedUpdate; readonly arrivalMs?: EpochMs }
  | { readonly kind: 'reject'; readonly field: string; readonly reason: string };

const TOKEN_PROGRAMS: ReadonlySet<string> = new Set([
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
]);
/** Of the layouts that both programs begin with (`Account::LEN`, `Mint::LEN`, `Multisig::LEN` in SPL Token). */
const ACCOUNT_BYTES = 165;
const MINT_BYTES = 82;
const MULTISIG_BYTES = 355;

/** What the token programs say about an account; null: it is none of theirs. */
export interface TokenFacts {
  readonly type: 'account' | 'mint';
  /** Of a token account. */
  readonly mint: string | null;
  /** What a token account holds, or a mint has given out. */
  readonly amount: U64Text | null;
}

const parsedAmount = u64TextSchema.nullish().catch(null);
/** What Solana's RPC says of them. A value of another kind counts as none. */
const parsedTokenSchema = z.object({
  type: z.enum(['account', 'mint']),
  info: z
    .object({
      mint: z.string().nullish().catch(null),
      supply: parsedAmount,
      tokenAmount: z.object({ amount: parsedAmount }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

export function tokenFactsOf({ owner, data }: ChainAccountState): TokenFacts | null {
  if (!TOKEN_PROGRAMS.has(owner)) return null;
  if (data.kind === 'parsed') {
    const { success, data: parsed } = parsedTokenSchema.safeParse(JSON.parse(data.parsed));
    if (!success) return null;
    const { type, info } = parsed;
    if (type === 'mint') return { type, mint: null, amount: info?.supply ?? null };
    return { type, mint: info?.mint ?? null, amount: info?.tokenAmount?.amount ?? null };
  }
  const bytes = Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length);
  const length = data.space ?? bytes.length;
  // With extensions, a byte after the room of a token account says what it is (`AccountType` of Token-2022).
  const kind = length > ACCOUNT_BYTES && length !== MULTISIG_BYTES ? bytes[ACCOUNT_BYTES] : 0;
  const u64 = (at: number) => (bytes.length >= at + 8 ? String(bytes.readBigUInt64LE(at)) : null);
  if (length === MINT_BYTES || kind === 1) return { type: 'mint', mint: null, amount: u64(36) };
  if (length !== ACCOUNT_BYTES && kind !== 2) return null;
  return {
    type: 'account',
    mint: bytes.length < 32 ? null : encodeBase58(bytes.subarray(0, 32)),
    amount: u64(64),
  };
}

/** What its bytes say; null: it has none. */
export function decodingOf({ owner, data }: ChainAccountState, decode: Decode): Decoding | null {
  if (data.kind !== 'bytes' || data.bytes.length === 0) return null;
  if (data.bytes.length === data.space) return decode(owner, data.bytes);
  return { reason: `only ${data.bytes.length} of its ${data.space ?? 'many'} bytes are there` };
}

/** Makes an update of an account on the chain. */
export function toUpdate(account: ChainAccount, choices: Choices, decode: Decode): Made {
  const { id, slot, writeVersion, state, signature } = account;
  if (state?.data.kind === 'bytes' && state.data.bytes.length > MAX_ACCOUNT_BYTES)
    return { kind: 'reject', field: 'data', reason: `data: ${REASONS.accountTooLong}` };
  const facts = state !== null && asksForFacts(choices) ? tokenFactsOf(state) : null;
  const decoding = state === null ? null : decodingOf(state, decode);
  const tokens = state === null ? '0' : tokensOf(state, facts, decoding, choices.tokens);
  if (tokens === null) {
    const why = decoding && 'reason' in decoding ? ` (${decoding.reason})` : '';
    return { kind: 'reject', field: 'tokens', reason: `tokens: the account has no ${choices.tokens}${why}` };
  }
  const accountType = state === null ? 'closed' : typeOf(state, facts, decoding, choices.accountType);
  const named = findNameFault(
    accountType,
    UNICODE_ESCAPE,
    UPDATE_LIMITS.accountTypeLength,
    'accountTypeTooLong',
  );
  if (named) return { kind: 'reject', field: 'accountType', reason: `accountType: ${REASONS[named]}` };
  const data = composeData(state, signature, writeVersion !== null);
  const fault = state?.data.kind === 'parsed' ? findUnstorable(data) : undefined;
  if (fault) return { kind: 'reject', field: 'data', reason: `data: ${REASONS[fault]}` };
  const { callbackTimeMs } = choices;
  const decoded = decoding && { decoded: decodedText(decoding) };
  const content = { id, accountType, tokens, data, callbackTimeMs, ...decoded };
  if (writeVersion === null) return { kind: 'unnumbered', update: { ...content, slot } };
  return { kind: 'update', update: { ...content, version: versionText(slot ?? '0', writeVersion) } };
}

const asksForFacts = ({ tokens, accountType }: Choices) =>
  tokens === 'amount' || tokens === 'supply' || accountType === 'mint' || accountType === 'parsed';

/** Null: the account has no such number. */
function tokensOf(
  state: ChainAccountState,
  facts: TokenFacts | null,
  decoding: Decoding | null,
  meaning: string,
): U64Text | null {
  if (meaning.startsWith(DECODED)) return decodedU64(decoding, meaning.slice(DECODED.length)) ?? null;
  if (meaning === 'amount') return facts?.type === 'account' ? facts.amount : null;
  if (meaning === 'supply') return facts?.type === 'mint' ? facts.amount : null;
  return state.lamports;
}

const DECODED = 'decoded:';

function typeOf(
  state: ChainAccountState,
  facts: TokenFacts | null,
  decoding: Decoding | null,
  meaning: string,
): string {
  if (meaning === 'source' || meaning === 'owner') return state.owner;
  if (meaning === 'mint') return facts?.mint ?? state.owner;
  if (meaning === 'parsed') {
    const decoded = decoding && 'type' in decoding ? decoding.type : null;
    return (state.data.kind === 'parsed' ? state.data.type : (facts?.type ?? decoded)) ?? state.owner;
  }
  return meaning;
}

/** As Solana's RPC writes an account. That a source has no write version matters where it names transactions: their order is not known. */
function composeData(
  state: ChainAccountState | null,
  signature: string | null,
  hasWriteVersion: boolean,
): string {
  const unordered = hasWriteVersion ? '' : ',"writeVersion":null';
  const signed = signature === null ? '' : `,"signature":${JSON.stringify(signature)}${unordered}`;
  if (state === null) return `{"closed":true${signed}}`;
  const { lamports, owner, executable, rentEpoch, data } = state;
  const epoch = rentEpoch === null ? '' : `,"rentEpoch":${rentEpoch}`;
  const space = data.space === null ? '' : `,"space":${data.space}`;
  const isCut = data.kind === 'bytes' && data.bytes.length !== data.space;
  return (
    `{"lamports":${lamports},"owner":${JSON.stringify(owner)},"executable":${executable}${epoch}${space},"data":` +
    (data.kind === 'bytes'
      ? `["${Buffer.from(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length).toString('base64')}","base64"]`
      : `{"program":${JSON.stringify(data.program)},"parsed":${data.parsed}${space}}`) +
    `${isCut ? ',"cut":true' : ''}${signed}}`
  );
}
