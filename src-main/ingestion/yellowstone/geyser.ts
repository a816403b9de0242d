import bs58 from 'bs58';
import protobuf from 'protobufjs';
import type { U64Text } from '../../../src-shared/update';
import type { ChainAccount } from '../chain-account';
import type { LiveMessage, SlotStatus } from '../live/live-source';
import geyserProto from './geyser.proto?raw';

/** Import this file only when it is used: it brings a library with it. */
const { root } = protobuf.parse(geyserProto);
const SubscribeUpdate = root.lookupType('geyser.SubscribeUpdate');
const SubscribeRequest = root.lookupType('geyser.SubscribeRequest');

interface WireUpdate {
  /** The name of the field that is set. */
  readonly updateOneof?: string;
  readonly account?: { readonly account?: WireAccount | null; readonly slot: protobuf.Long };
  readonly slot?: { readonly slot: protobuf.Long; readonly status: number };
}

interface WireAccount {
  readonly pubkey: Uint8Array;
  readonly lamports: protobuf.Long;
  readonly owner: Uint8Array;
  readonly executable: boolean;
  readonly rentEpoch: protobuf.Long;
  readonly data: Uint8Array;
  readonly writeVersion: protobuf.Long;
  readonly txnSignature?: Uint8Array | null;
}

/** By their numbers in the protocol. The others say how far a block has been received, not what has become of it. */
const STATUSES: readonly (SlotStatus | undefined)[] = [
  'processed',
  'confirmed',
  'finalized',
  undefined,
  undefined,
  undefined,
  'dead',
];

/**
 * @param bytes One `SubscribeUpdate` of the Yellowstone Geyser protocol.
 * @throws Error if they are not one; its message is for a person.
 */
export function decodeUpdate(bytes: Uint8Array): LiveMessage {
  const update = SubscribeUpdate.decode(bytes) as unknown as WireUpdate;
  if (update.account) return { kind: 'account', account: toChainAccount(update.account) };
  const status = update.slot && STATUSES[update.slot.status];
  if (update.slot && status) return { kind: 'slot', slot: update.slot.slot.toString(), status };
  const what = update.updateOneof ?? 'empty message';
  return { kind: 'skipped', what: what.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) };
}

function toChainAccount({ account, slot }: NonNullable<WireUpdate['account']>): ChainAccount {
  if (account?.pubkey.length !== 32) throw new Error('An account update has no public key of 32 bytes.');
  const lamports = account.lamports.toString();
  return {
    id: bs58.encode(account.pubkey),
    slot: slot.toString(),
    writeVersion: account.writeVersion.toString(),
    // An account without lamports does not exist on the chain.
    state:
      lamports === '0'
        ? null
        : {
            lamports,
            owner: bs58.encode(account.owner),
            executable: account.executable,
            rentEpoch: account.rentEpoch.toString(),
            data: { kind: 'bytes', bytes: account.data, space: account.data.length },
          },
    signature: account.txnSignature?.length ? bs58.encode(account.txnSignature) : null,
  };
}

export interface SubscribeRequest {
  /** By a name of one's own. An account that fits any of them is sent. */
  readonly accounts?: Readonly<
    Record<string, { readonly account?: readonly string[]; readonly owner?: readonly string[] }>
  >;
  readonly slots?: Readonly<Record<string, { readonly interslotUpdates: boolean }>>;
  /** 0: processed, 1: confirmed, 2: finalized. */
  readonly commitment?: number;
  readonly fromSlot?: U64Text;
  readonly ping?: { readonly id: number };
}

export function encodeRequest(request: SubscribeRequest): Buffer {
  return Buffer.from(SubscribeRequest.encode(SubscribeRequest.fromObject(request)).finish());
}
