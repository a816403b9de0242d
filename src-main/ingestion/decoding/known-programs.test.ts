import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBase58 } from '@exodus/bytes/base58.js';
import { address } from '@solana/kit';
import { getStakeStateAccountEncoder } from '@solana-program/stake';
import { getNonceEncoder, NonceState, NonceVersion } from '@solana-program/system';
import { AccountState, getMintEncoder, getMultisigEncoder, getTokenEncoder } from '@solana-program/token';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodedText, decodedU64 } from './decoded';
import { openDecoder } from './open-decoder';

/** What the programs' own clients encode is what this reads. */

const TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const TOKEN_2022 = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const SYSTEM = '11111111111111111111111111111111';
const STAKE = 'Stake11111111111111111111111111111111111111';
const one = address('SysvarC1ock11111111111111111111111111111111');
const two = address('SysvarRent111111111111111111111111111111111');
const MAX = 2n ** 64n - 1n;

const { decode } = await openDecoder([]);
const token = {
  mint: one,
  owner: two,
  amount: MAX,
  delegate: null,
  state: AccountState.Frozen,
  isNative: 2_039_280n,
  delegatedAmount: 0n,
  closeAuthority: two,
};
const mint = { mintAuthority: one, supply: 5n, decimals: 9, isInitialized: true, freezeAuthority: null };
const tokenBytes = Uint8Array.from(getTokenEncoder().encode(token));
const mintBytes = Uint8Array.from(getMintEncoder().encode(mint));

test('accounts, mints and multisigs of SPL Token', () => {
  const account = decode(TOKEN, tokenBytes);
  expect(account).toEqual({ program: 'spl-token', type: 'account', fields: { ...token, state: 'frozen' } });
  expect(account && decodedText(account)).toContain('"amount":18446744073709551615,"delegate":null');
  expect(decodedU64(account, 'amount')).toBe(`${MAX}`);
  expect(decodedU64(account, 'mint')).toBeUndefined();
  expect(decode(TOKEN, mintBytes)).toEqual({ program: 'spl-token', type: 'mint', fields: mint });
  const multisig = { m: 2, n: 3, isInitialized: true, signers: Array.from({ length: 11 }, () => one) };
  expect(decode(TOKEN, Uint8Array.from(getMultisigEncoder().encode(multisig)))).toEqual({
    program: 'spl-token',
    type: 'multisig',
    fields: multisig,
  });
});

test('extensions of Token-2022: known ones with their fields, others as bytes under their number', () => {
  expect(decode(TOKEN_2022, mintBytes)).toMatchObject({ program: 'spl-token-2022', type: 'mint' });
  const account = extend(tokenBytes, 2, [
    [7, []],
    [2, u64(MAX)],
    [4711, [1, 2, 3]],
    [8, []],
  ]);
  expect(decode(TOKEN_2022, account)).toEqual({
    program: 'spl-token-2022',
    type: 'account',
    fields: {
      ...token,
      state: 'frozen',
      extensions: {
        immutableOwner: {},
        transferFeeAmount: { withheldAmount: MAX },
        4711: 'AQID',
        // Known, but too short.
        8: '',
      },
    },
  });
  const text = (value: string) => [...u32(value.length), ...Buffer.from(value)];
  const key = [...Buffer.from(mintBytes.subarray(4, 36))];
  const extended = extend(mintBytes, 1, [
    [3, Array.from({ length: 32 }, () => 0)],
    [
      19,
      [...key, ...key, ...text('Gold'), ...text('AU'), ...text(''), ...u32(1), ...text('a'), ...text('b')],
    ],
  ]);
  expect(decode(TOKEN_2022, extended)).toEqual({
    program: 'spl-token-2022',
    type: 'mint',
    fields: {
      ...mint,
      extensions: {
        mintCloseAuthority: { closeAuthority: null },
        tokenMetadata: {
          updateAuthority: one,
          mint: one,
          name: 'Gold',
          symbol: 'AU',
          uri: '',
          additionalMetadata: { a: 'b' },
        },
      },
    },
  });
});

/**
 * Accounts with every extension, as `getMintEncoder` and `getTokenEncoder` of @solana-program/token-2022 0.9.0 (Apache-2.0) wrote them, and
 * what they were given: bytes in base64, integers of 64 bits as text, an enum by its name, an option as its value or null. That client has no
 * fields of ConfidentialMintBurn.
 */
const WRITTEN = z
  .array(
    z.object({
      type: z.string(),
      bytes: z.base64(),
      base: z.record(z.string(), z.json()),
      extensions: z.array(z.tuple([z.string(), z.record(z.string(), z.json())])),
    }),
  )
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'testing/token-2022-accounts.json'), 'utf8')));

test.each(WRITTEN)(
  'every extension of a Token-2022 $type that its own client wrote',
  ({ type, bytes, base, extensions }) => {
    const decoding = decode(TOKEN_2022, Buffer.from(bytes, 'base64'));
    const text = JSON.stringify(decoding, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    expect(JSON.parse(text)).toEqual({
      program: 'spl-token-2022',
      type,
      fields: { ...base, extensions: Object.fromEntries(extensions.map(asInterface)) },
    });
  },
);

/** By the names of the program's interface, which has keys of ElGamal as bytes; the client writes them as if they were public keys. */
function asInterface([kind, fields]: readonly [string, Readonly<Record<string, unknown>>]) {
  const name = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
  const members = Object.entries(fields).map(([field, value]) => {
    if (!/elgamal/i.test(field)) return [field, value];
    const bytes = typeof value === 'string' ? Buffer.from(fromBase58(value)).toString('base64') : value;
    return [name === 'confidentialTransferFee' ? 'withdrawWithheldAuthorityElgamalPubkey' : field, bytes];
  });
  return [
    name === 'confidentialTransferFee' ? 'confidentialTransferFeeConfig' : name,
    Object.fromEntries(members),
  ];
}

test('nonces and stakes', () => {
  const nonce = { authority: one, blockhash: two, lamportsPerSignature: 5000n };
  const version = NonceVersion.Current;
  const encoded = getNonceEncoder().encode({ ...nonce, version, state: NonceState.Initialized });
  expect(decode(SYSTEM, Uint8Array.from(encoded))).toEqual({
    program: 'system',
    type: 'nonce',
    fields: { version: 'current', state: 'initialized', ...nonce },
  });
  const meta = {
    rentExemptReserve: 2_282_880n,
    authorized: { staker: one, withdrawer: two },
    lockup: { unixTimestamp: -1n, epoch: 0n, custodian: one },
  };
  const delegation = { voterPubkey: two, stake: 7n, activationEpoch: 1n, deactivationEpoch: MAX };
  const stake = { delegation: { ...delegation, reserved: [0, 0, 0, 0, 0, 0, 0, 1] }, creditsObserved: 8n };
  const bytes = getStakeStateAccountEncoder().encode({
    state: { __kind: 'Stake', fields: [meta, stake, { bits: 1 }] },
  });
  expect(decode(STAKE, Uint8Array.from(bytes))).toEqual({
    program: 'stake',
    type: 'delegated',
    fields: {
      meta,
      stake: { delegation: { ...delegation, reserved: 'AAAAAAAAAAE=' }, creditsObserved: 8n },
      flags: 1,
    },
  });
});

test('what does not decode has a reason', () => {
  expect(decode(SYSTEM, new Uint8Array())).toBeNull();
  expect(decode(one, tokenBytes)).toEqual({ reason: 'no IDL for its program' });
  expect(decode(TOKEN, tokenBytes.subarray(1))).toEqual({
    reason: 'its bytes look like no account type of spl-token',
  });
  expect(decode(STAKE, Uint8Array.of(2, 0, 0, 0, 1))).toEqual({
    reason: 'as delegated of stake: its data ends too early',
  });
});

function u32(value: number): number[] {
  return [...new Uint8Array(Uint32Array.of(value).buffer)];
}

function u64(value: bigint): number[] {
  return [...new Uint8Array(BigUint64Array.of(value).buffer)];
}

/** The base is padded to the length of an account, whose kind follows, then number, length and value of each extension. */
function extend(base: Uint8Array, kind: number, extensions: readonly (readonly [number, number[]])[]) {
  const rest = extensions.flatMap(([number, value]) => [...u32(number + value.length * 65_536), ...value]);
  return Uint8Array.from([...base, ...Array.from({ length: 165 - base.length }, () => 0), kind, ...rest]);
}
