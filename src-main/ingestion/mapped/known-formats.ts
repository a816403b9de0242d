import {
  type KnownFormat,
  type Mapping,
  type MappingInput,
  mappingSchema,
  type OneSource,
  readsLines,
} from '../../../src-shared/mapping';

/** A mapping that ships with Ingot, and how it is recognised. */
export interface Shipped {
  readonly mapping: Mapping;
  /**
   * All of these are met by one of the first documents. A test is a path with alternatives between bars, and perhaps `=text`; `*` is any
   * name of an object, `#` any element of a list.
   */
  readonly signs: readonly string[];
}

const RPC = 'https://solana.com/docs/rpc';
const YELLOWSTONE =
  'https://github.com/rpcpool/yellowstone-grpc/blob/master/yellowstone-grpc-proto/proto/geyser.proto';
const POSTGRES =
  'https://github.com/solana-labs/solana-accountsdb-plugin-postgres/blob/master/scripts/create_schema.sql';
const KAFKA = 'https://github.com/Blockdaemon/solana-accountsdb-plugin-kafka/blob/main/proto/event.proto';
const SURFPOOL = 'https://docs.rs/surfpool-types/latest/surfpool_types/types/struct.AccountSnapshot.html';
const DAS = 'https://github.com/metaplex-foundation/digital-asset-standard-api';

/** An account as Solana's RPC and command line write it. */
const accountAt = (...places: readonly string[]) => {
  const at = (name: string) => places.map((place) => `${place}${name}`).join('|');
  return {
    lamports: at('lamports'),
    owner: at('owner'),
    executable: at('executable'),
    rentEpoch: at('rentEpoch'),
    space: at('space'),
    data: at('data'),
  };
};
const ASKED_SLOT = { ask: 'slot' } as const;
const CONTEXT_SLOT = { around: 'result.context.slot' } as const;

const NOTIFICATION = {
  prompts: true,
  fields: {
    id: ['params.result.value.pubkey', { subscription: 'params.subscription' }, { ask: 'key' }],
    slot: 'params.result.context.slot',
    ...accountAt('params.result.value.account.', 'params.result.value.'),
  },
  skip: {
    slot: 'method=slotNotification|method=slotsUpdatesNotification',
    root: 'method=rootNotification',
    block: 'method=blockNotification',
    vote: 'method=voteNotification',
    log: 'method=logsNotification',
    signature: 'method=signatureNotification',
    request:
      'params.0|method=slotSubscribe|method=slotsUpdatesSubscribe|method=rootSubscribe|method=voteSubscribe',
    error: 'error',
    answer: 'result',
  },
  dead: { test: 'params.result.type=dead', slot: 'params.result.slot' },
} satisfies Omit<MappingInput, 'name'>;

const known = (signs: readonly string[], mapping: MappingInput): Shipped => ({
  signs,
  mapping: mappingSchema.parse(mapping),
});

const RECORDING = {
  skip: { slot: 'slot', gap: 'gap', rejected: 'rejected', other: 'skipped' },
  dead: { test: 'slot.status=dead', slot: 'slot.slot' },
} satisfies Partial<MappingInput>;

/** The first whose signs are met counts. */
export const SHIPPED: readonly Shipped[] = [
  known(['arrivalMs', 'account.pubkey'], {
    name: 'recorded-accounts',
    title: 'Accounts that Ingot recorded',
    ...RECORDING,
    fields: {
      arrivalMs: 'arrivalMs',
      id: 'account.pubkey',
      slot: ['account.slot', ASKED_SLOT],
      version: 'account.writeVersion',
      signature: 'account.signature',
      ...accountAt('account.'),
    },
  }),
  known(['arrivalMs', 'update.id'], {
    name: 'recorded-updates',
    title: 'Updates that Ingot recorded',
    ...RECORDING,
    fields: {
      arrivalMs: 'arrivalMs',
      id: 'update.id',
      slot: 'update.slot',
      version: 'update.version',
      accountType: 'update.accountType',
      tokens: 'update.tokens',
      callbackTimeMs: 'update.callbackTimeMs',
      data: 'update.data',
    },
  }),
  known(['method=programNotification', 'params.result.value.account'], {
    name: 'program-notifications',
    title: 'Notifications of programSubscribe',
    url: `${RPC}/websocket/programsubscribe`,
    ...NOTIFICATION,
  }),
  known(['method=accountNotification', 'params.result.value'], {
    name: 'account-notifications',
    title: 'Notifications of accountSubscribe',
    url: `${RPC}/websocket/accountsubscribe`,
    ...NOTIFICATION,
  }),
  known(
    [
      'result.value.#.account.data.parsed',
      'result.value.#.pubkey',
      'result.value.#.account.data.parsed.type=account',
    ],
    {
      name: 'get-token-accounts',
      title: 'Answer of getTokenAccountsByOwner, parsed',
      url: `${RPC}/http/gettokenaccountsbyowner`,
      list: 'result.value',
      fields: { id: 'pubkey', slot: CONTEXT_SLOT, ...accountAt('account.') },
    },
  ),
  known(['result.value.#.pubkey', 'result.value.#.account'], {
    name: 'get-program-accounts-with-context',
    title: 'Answer of getProgramAccounts, with context',
    url: `${RPC}/http/getprogramaccounts`,
    list: 'result.value',
    fields: { id: 'pubkey', slot: CONTEXT_SLOT, ...accountAt('account.') },
  }),
  known(['result.#.pubkey', 'result.#.account'], {
    name: 'get-program-accounts',
    title: 'Answer of getProgramAccounts',
    url: `${RPC}/http/getprogramaccounts`,
    list: 'result',
    fields: { id: 'pubkey', slot: ASKED_SLOT, ...accountAt('account.') },
  }),
  known(['result.value.#.lamports|result.value.#.data|result.value.#=null', 'result.context'], {
    name: 'get-multiple-accounts',
    title: 'Answer of getMultipleAccounts',
    url: `${RPC}/http/getmultipleaccounts`,
    list: 'result.value',
    closed: '',
    fields: { id: { ask: 'keys' }, slot: CONTEXT_SLOT, ...accountAt('') },
  }),
  known(['result.value.lamports|result.value.data|result.value=null', 'result.context'], {
    name: 'get-account-info',
    title: 'Answer of getAccountInfo',
    url: `${RPC}/http/getaccountinfo`,
    closed: 'result.value',
    fields: { id: { ask: 'key' }, slot: 'result.context.slot', ...accountAt('result.value.') },
  }),
  known(['pubkey', 'account.lamports|account.data'], {
    name: 'solana-account',
    title: 'Accounts of the Solana command line',
    url: 'https://docs.anza.xyz/cli/usage#solana-account',
    fields: { id: 'pubkey', slot: ASKED_SLOT, ...accountAt('account.') },
  }),
  known(
    [
      'account.account.pubkey|filters',
      'account.slot|account.account.lamports|slot|transaction|block|ping|pong',
    ],
    {
      name: 'yellowstone-json',
      title: 'Yellowstone updates as JSON',
      url: YELLOWSTONE,
      fields: {
        id: 'account.account.pubkey',
        slot: 'account.slot',
        version: 'account.account.writeVersion|account.account.write_version',
        signature: 'account.account.txnSignature|account.account.txn_signature',
        lamports: ['account.account.lamports', { constant: '0' }],
        owner: 'account.account.owner',
        executable: 'account.account.executable',
        rentEpoch: 'account.account.rentEpoch|account.account.rent_epoch',
        data: { path: 'account.account.data', decode: ['base64'] },
      },
      skip: {
        slot: 'slot',
        transaction: 'transaction',
        'transaction status': 'transactionStatus|transaction_status',
        block: 'block',
        'block meta': 'blockMeta|block_meta',
        entry: 'entry',
        ping: 'ping',
        pong: 'pong',
      },
      dead: { test: 'slot.status=SLOT_DEAD|slot.status=DEAD|slot.status=6', slot: 'slot.slot' },
    },
  ),
  known(['pubkey', 'write_version', 'lamports'], {
    name: 'geyser-postgres',
    title: 'Rows of the Geyser plugin for Postgres',
    url: POSTGRES,
    fields: {
      id: 'pubkey',
      slot: 'slot',
      version: 'write_version',
      signature: 'txn_signature',
      lamports: 'lamports',
      owner: 'owner',
      executable: 'executable',
      rentEpoch: 'rent_epoch',
      data: { path: 'data', decode: ['hex'] },
    },
  }),
  known(['pubkey|account.pubkey', 'writeVersion|account.writeVersion|account.write_version'], {
    name: 'geyser-kafka',
    title: 'Messages of the Geyser plugin for Kafka, as JSON',
    url: KAFKA,
    fields: {
      id: 'account.pubkey|pubkey',
      slot: 'account.slot|slot',
      version: 'account.writeVersion|account.write_version|writeVersion|write_version',
      signature: 'account.txnSignature|account.txn_signature|txnSignature|txn_signature',
      // JSON of protobuf leaves out what is 0, false or empty.
      lamports: ['account.lamports|lamports', { constant: '0' }],
      owner: 'account.owner|owner',
      executable: 'account.executable|executable',
      rentEpoch: 'account.rentEpoch|account.rent_epoch|rentEpoch|rent_epoch',
      data: { path: 'account.data|data', decode: ['base64'] },
    },
    skip: { slot: 'slot.status|slot.parent|status|parent', transaction: 'transaction|transactionStatusMeta' },
  }),
  known(['*.lamports', '*.owner', '*.rentEpoch|*.data'], {
    name: 'surfpool-snapshot',
    title: 'Snapshot of Surfpool',
    url: SURFPOOL,
    list: '',
    fields: {
      id: { key: true },
      slot: ASKED_SLOT,
      ...accountAt(''),
      data: { path: 'data', decode: ['base64'] },
    },
  }),
  known(['result.value.*.lamports', 'result.value.*.owner'], {
    name: 'surfpool-export',
    title: 'Answer of surfnet_exportSnapshot',
    url: SURFPOOL,
    list: 'result.value',
    fields: {
      id: { key: true },
      slot: CONTEXT_SLOT,
      ...accountAt(''),
      data: { path: 'data', decode: ['base64'] },
    },
  }),
  known(['result.items.#.id', 'result.items.#.interface'], {
    name: 'das-assets',
    title: 'Assets of the DAS API',
    url: DAS,
    list: 'result.items',
    fields: {
      id: 'id',
      slot: [{ around: 'result.last_indexed_slot' }, ASKED_SLOT],
      accountType: 'interface',
      // An asset without a supply is one of its kind.
      tokens: ['token_info.supply', { constant: '1' }],
    },
  }),
  known(['result.id', 'result.interface'], {
    name: 'das-asset',
    title: 'One asset of the DAS API',
    url: DAS,
    fields: {
      id: 'result.id',
      slot: ['result.last_indexed_slot', ASKED_SLOT],
      accountType: 'result.interface',
      tokens: ['result.token_info.supply', { constant: '1' }],
      data: 'result',
    },
  }),
];

/** Messages of the Yellowstone protocol, each after its length as a varint. Their fields are those of the protocol. */
export const YELLOWSTONE_PROTOBUF: Mapping = mappingSchema.parse({
  name: 'yellowstone-protobuf',
  title: 'Yellowstone updates as protobuf, each after its length',
  url: YELLOWSTONE,
  container: 'protobuf',
  fields: { id: 'pubkey', slot: 'slot', version: 'write_version', lamports: 'lamports', owner: 'owner' },
});

/** Its fields are those of its header. */
export const CSV: Mapping = mappingSchema.parse({
  name: 'csv',
  title: 'CSV with a header',
  url: 'https://www.rfc-editor.org/rfc/rfc4180',
  container: 'csv',
  fields: { id: 'id' },
});

/** All of them, for a person to choose from. */
export const KNOWN_FORMATS: readonly KnownFormat[] = [
  ...SHIPPED.map(({ mapping }) => mapping),
  YELLOWSTONE_PROTOBUF,
  CSV,
].map((mapping) => {
  const { name, title, url, fields } = mapping;
  const sources: OneSource[] = Object.values(fields).flat();
  const asks = sources.flatMap((source) => (typeof source === 'object' && 'ask' in source ? source.ask : []));
  return { name, title, url: url ?? '', asks: [...new Set(asks)], lines: readsLines(mapping) };
});

/** Ingot's own fields by their names, for records that are not read by themselves. */
export const OWN_FIELDS = {
  id: 'id',
  slot: 'slot',
  version: 'version',
  accountType: 'accountType|account_type|parentProgramSubType|parent_program_sub_type',
  tokens: 'tokens',
  callbackTimeMs: 'callbackTimeMs|callback_time_ms|call_back_time_ms',
  data: 'data',
} as const;
