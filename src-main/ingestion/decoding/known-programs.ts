import {
  accountNode,
  arrayTypeNode,
  booleanTypeNode,
  bytesTypeNode,
  constantDiscriminatorNode,
  constantValueNode,
  enumEmptyVariantTypeNode,
  enumTypeNode,
  fixedCountNode,
  fixedSizeTypeNode,
  mapTypeNode,
  numberTypeNode,
  numberValueNode,
  optionTypeNode,
  prefixedCountNode,
  programNode,
  publicKeyTypeNode,
  remainderOptionTypeNode,
  sizeDiscriminatorNode,
  sizePrefixTypeNode,
  stringTypeNode,
  structFieldTypeNode,
  structTypeNode,
  type TypeNode,
  zeroableOptionTypeNode,
} from '@codama/nodes';
import { type AccountLayout, bytesValue, compileProgram, type ProgramLayout } from './compile-program';
import type { DecodedFields, DecodedValue } from './decoded';

/**
 * The accounts of programs that every cluster has, as their public interfaces lay them out: github.com/solana-program/token,
 * token-2022, system and stake (Apache-2.0). Names are those of their clients.
 */
export function knownPrograms(): readonly ProgramLayout[] {
  return [token(), token2022(), compileProgram(system), compileProgram(stake)];
}

const u8 = numberTypeNode('u8');
const u16 = numberTypeNode('u16');
const u32 = numberTypeNode('u32');
const u64 = numberTypeNode('u64');
const i16 = numberTypeNode('i16');
const i64 = numberTypeNode('i64');
const f64 = numberTypeNode('f64');
const flag = booleanTypeNode();
const key = publicKeyTypeNode();
const text = sizePrefixTypeNode(stringTypeNode('utf8'), u32);
const bytes = (length: number) => fixedSizeTypeNode(bytesTypeNode(), length);
/** All zeros: none. */
const keyOrZeros = zeroableOptionTypeNode(key);
const optional = (item: TypeNode) => optionTypeNode(item, { prefix: u32, fixed: true });
const oneOf = (size: typeof u8 | typeof u32, ...names: readonly string[]) =>
  enumTypeNode(
    names.map((name) => enumEmptyVariantTypeNode(name)),
    { size },
  );
const struct = (fields: Readonly<Record<string, TypeNode>>) =>
  structTypeNode(Object.entries(fields).map(([name, type]) => structFieldTypeNode({ name, type })));
const account = (name: string, size: number, fields: Readonly<Record<string, TypeNode>>) =>
  accountNode({ name, data: struct(fields), discriminators: [sizeDiscriminatorNode(size)] });

const TOKEN_ACCOUNT_LENGTH = 165;
const MULTISIG_LENGTH = 355;
const accountState = oneOf(u8, 'uninitialized', 'initialized', 'frozen');
const tokenAccounts = [
  account('mint', 82, {
    mintAuthority: optional(key),
    supply: u64,
    decimals: u8,
    isInitialized: flag,
    freezeAuthority: optional(key),
  }),
  account('account', TOKEN_ACCOUNT_LENGTH, {
    mint: key,
    owner: key,
    amount: u64,
    delegate: optional(key),
    state: accountState,
    isNative: optional(u64),
    delegatedAmount: u64,
    closeAuthority: optional(key),
  }),
  account('multisig', MULTISIG_LENGTH, {
    m: u8,
    n: u8,
    isInitialized: flag,
    signers: arrayTypeNode(key, fixedCountNode(11)),
  }),
];

function token(): ProgramLayout {
  const publicKey = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
  return {
    ...compileProgram(programNode({ name: '', publicKey, accounts: tokenAccounts })),
    name: 'spl-token',
  };
}

const fee = struct({ epoch: u64, maximumFee: u64, transferFeeBasisPoints: u16 });
const ciphertext = bytes(64);
const elgamalKey = bytes(32);

/** By their number. The names and places of fields are those of the program's interface. */
const EXTENSIONS: Readonly<Record<number, readonly [string, Readonly<Record<string, TypeNode>>]>> = {
  1: [
    'transferFeeConfig',
    {
      transferFeeConfigAuthority: keyOrZeros,
      withdrawWithheldAuthority: keyOrZeros,
      withheldAmount: u64,
      olderTransferFee: fee,
      newerTransferFee: fee,
    },
  ],
  2: ['transferFeeAmount', { withheldAmount: u64 }],
  3: ['mintCloseAuthority', { closeAuthority: keyOrZeros }],
  4: [
    'confidentialTransferMint',
    {
      authority: keyOrZeros,
      autoApproveNewAccounts: flag,
      auditorElgamalPubkey: zeroableOptionTypeNode(elgamalKey),
    },
  ],
  5: [
    'confidentialTransferAccount',
    {
      approved: flag,
      elgamalPubkey: elgamalKey,
      pendingBalanceLow: ciphertext,
      pendingBalanceHigh: ciphertext,
      availableBalance: ciphertext,
      decryptableAvailableBalance: bytes(36),
      allowConfidentialCredits: flag,
      allowNonConfidentialCredits: flag,
      pendingBalanceCreditCounter: u64,
      maximumPendingBalanceCreditCounter: u64,
      expectedPendingBalanceCreditCounter: u64,
      actualPendingBalanceCreditCounter: u64,
    },
  ],
  6: ['defaultAccountState', { state: accountState }],
  7: ['immutableOwner', {}],
  8: ['memoTransfer', { requireIncomingTransferMemos: flag }],
  9: ['nonTransferable', {}],
  10: [
    'interestBearingConfig',
    {
      rateAuthority: keyOrZeros,
      initializationTimestamp: i64,
      preUpdateAverageRate: i16,
      lastUpdateTimestamp: i64,
      currentRate: i16,
    },
  ],
  11: ['cpiGuard', { lockCpi: flag }],
  12: ['permanentDelegate', { delegate: keyOrZeros }],
  13: ['nonTransferableAccount', {}],
  14: ['transferHook', { authority: keyOrZeros, programId: keyOrZeros }],
  15: ['transferHookAccount', { transferring: flag }],
  16: [
    'confidentialTransferFeeConfig',
    {
      authority: keyOrZeros,
      withdrawWithheldAuthorityElgamalPubkey: elgamalKey,
      harvestToMintEnabled: flag,
      withheldAmount: ciphertext,
    },
  ],
  17: ['confidentialTransferFeeAmount', { withheldAmount: ciphertext }],
  18: ['metadataPointer', { authority: keyOrZeros, metadataAddress: keyOrZeros }],
  19: [
    'tokenMetadata',
    {
      updateAuthority: keyOrZeros,
      mint: key,
      name: text,
      symbol: text,
      uri: text,
      additionalMetadata: mapTypeNode(text, text, prefixedCountNode(u32)),
    },
  ],
  20: ['groupPointer', { authority: keyOrZeros, groupAddress: keyOrZeros }],
  21: ['tokenGroup', { updateAuthority: keyOrZeros, mint: key, size: u64, maxSize: u64 }],
  22: ['groupMemberPointer', { authority: keyOrZeros, memberAddress: keyOrZeros }],
  23: ['tokenGroupMember', { mint: key, group: key, memberNumber: u64 }],
  24: [
    'confidentialMintBurn',
    {
      confidentialSupply: ciphertext,
      decryptableSupply: bytes(36),
      supplyElgamalPubkey: elgamalKey,
      // Later than the others.
      pendingBurn: remainderOptionTypeNode(ciphertext),
    },
  ],
  25: [
    'scaledUiAmountConfig',
    { authority: keyOrZeros, multiplier: f64, newMultiplierEffectiveTimestamp: i64, newMultiplier: f64 },
  ],
  26: ['pausableConfig', { authority: keyOrZeros, paused: flag }],
  27: ['pausableAccount', {}],
  28: ['permissionedBurn', { authority: keyOrZeros }],
};

/** Where every account with extensions says whether it is a mint or an account; the extensions follow. */
const KIND_AT = TOKEN_ACCOUNT_LENGTH;
const KINDS: Readonly<Record<string, number>> = { mint: 1, account: 2 };

function token2022(): ProgramLayout {
  const publicKey = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
  const numbers = Object.keys(EXTENSIONS);
  const extensionAccounts = Object.values(EXTENSIONS).map(([name, fields]) =>
    accountNode({ name, data: struct(fields) }),
  );
  const { accounts: extensions } = compileProgram(
    programNode({ name: '', publicKey, accounts: extensionAccounts }),
  );
  const byNumber = new Map(numbers.map((number, place) => [Number(number), extensions[place]]));
  const { accounts } = compileProgram(programNode({ name: '', publicKey, accounts: tokenAccounts }));
  const extended = (base: AccountLayout): AccountLayout => ({
    type: base.type,
    matches: (data) =>
      base.matches(data) ||
      (data.length > KIND_AT && data.length !== MULTISIG_LENGTH && data[KIND_AT] === KINDS[base.type]),
    read: (data) =>
      base.type === 'multisig' || data.length <= KIND_AT
        ? base.read(data)
        : { ...base.read(data), extensions: readExtensions(data.subarray(KIND_AT + 1), byNumber) },
  });
  return { name: 'spl-token-2022', address: publicKey, accounts: accounts.map(extended) };
}

/** Number and length, two bytes each, then the extension. One that is not known, or not as known, stays bytes. */
function readExtensions(
  data: Uint8Array,
  byNumber: ReadonlyMap<number, AccountLayout | undefined>,
): DecodedFields {
  const read: Record<string, DecodedValue> = {};
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + 4 <= data.length; ) {
    const number = view.getUint16(at, true);
    // What follows is free room.
    if (number === 0) break;
    const end = at + 4 + view.getUint16(at + 2, true);
    const value = data.subarray(at + 4, end);
    const known = end <= data.length ? byNumber.get(number) : undefined;
    try {
      read[known?.type ?? number] = known ? known.read(value) : bytesValue(value);
    } catch {
      read[number] = bytesValue(value);
    }
    at = end;
  }
  return read;
}

const system = programNode({
  name: 'system',
  publicKey: '11111111111111111111111111111111',
  accounts: [
    account('nonce', 80, {
      version: oneOf(u32, 'legacy', 'current'),
      state: oneOf(u32, 'uninitialized', 'initialized'),
      authority: key,
      blockhash: key,
      lamportsPerSignature: u64,
    }),
  ],
});

const meta = struct({
  rentExemptReserve: u64,
  authorized: struct({ staker: key, withdrawer: key }),
  lockup: struct({ unixTimestamp: i64, epoch: u64, custodian: key }),
});
const delegation = struct({
  voterPubkey: key,
  stake: u64,
  activationEpoch: u64,
  deactivationEpoch: u64,
  reserved: bytes(8),
});
/** By the number that its data begins with. */
const stakeAccount = (state: number, name: string, fields: Readonly<Record<string, TypeNode>>) =>
  accountNode({
    name,
    data: structTypeNode([
      structFieldTypeNode({
        name: 'state',
        type: u32,
        defaultValue: numberValueNode(state),
        defaultValueStrategy: 'omitted',
      }),
      ...struct(fields).fields,
    ]),
    discriminators: [constantDiscriminatorNode(constantValueNode(u32, numberValueNode(state)))],
  });
const stake = programNode({
  name: 'stake',
  publicKey: 'Stake11111111111111111111111111111111111111',
  accounts: [
    stakeAccount(0, 'uninitialized', {}),
    stakeAccount(1, 'initialized', { meta }),
    stakeAccount(2, 'delegated', { meta, stake: struct({ delegation, creditsObserved: u64 }), flags: u8 }),
    stakeAccount(3, 'rewardsPool', {}),
  ],
});
