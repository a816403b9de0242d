import protobuf from 'protobufjs';
import type { U64Text } from '../../../src-shared/update';
import { encodeBase58 } from '../base58';
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
  const update = SubscribeUpdate.decode(bytes) as protobuf.Message & WireUpdate;
  if (update.account) return { kind: 'account', account: toChainAccount(update.account) };
  const status = update.slot && STATUSES[update.slot.status];
  if (update.slot && status) return { kind: 'slot', slot: update.slot.slot.toString(), status };
  const what = update.updateOneof ?? 'empty message';
  return { kind: 'skipped', what: what.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) };
}

/** The length is checked first: base58 takes time with its square. */
function base58Of(bytes: Uint8Array, length: number, what: string): string {
  if (bytes.length === length) return encodeBase58(bytes);
  throw new Error(`An account update has no ${what} of ${length} bytes.`);
}

function toChainAccount({ account, slot }: NonNullable<WireUpdate['account']>): ChainAccount {
  if (!account) throw new Error('An account update has no account.');
  const lamports = account.lamports.toString();
  // The library gives a list for bytes that were not sent: none, as most accounts have.
  const data = account.data.length === 0 ? new Uint8Array() : account.data;
  return {
    id: base58Of(account.pubkey, 32, 'public key'),
    slot: slot.toString(),
    writeVersion: account.writeVersion.toString(),
    // An account without lamports does not exist on the chain.
    state:
      lamports === '0'
        ? null
        : {
            lamports,
            owner: base58Of(account.owner, 32, 'owner'),
            executable: account.executable,
            rentEpoch: account.rentEpoch.toString(),
            data: { kind: 'bytes', bytes: data, space: data.length },
          },
    signature: account.txnSignature?.length ? base58Of(account.txnSignature, 64, 'signature') : null,
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
