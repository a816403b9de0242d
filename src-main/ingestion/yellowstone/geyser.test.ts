import { toBase58 } from '@exodus/bytes/base58.js';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodeUpdate } from './geyser';
import geyserProto from './geyser.proto?raw';

const SubscribeUpdate = protobuf.parse(geyserProto).root.lookupType('geyser.SubscribeUpdate');
const encode = (update: object) => SubscribeUpdate.encode(SubscribeUpdate.fromObject(update)).finish();

const MOST = '18446744073709551615';
const pubkey = new Uint8Array(32).fill(7);
const account = {
  pubkey,
  lamports: MOST,
  owner: new Uint8Array(32),
  executable: true,
  rentEpoch: MOST,
  data: new Uint8Array([1, 2, 3]),
  writeVersion: '9007199254740993',
};

describe('an update of the Yellowstone protocol', () => {
  it('is an account, with every digit of its numbers', () => {
    const txnSignature = new Uint8Array(64).fill(1);
    const decoded = decodeUpdate(
      encode({ account: { account: { ...account, txnSignature }, slot: '9007199254740995' } }),
    );
    expect(decoded).toEqual({
      kind: 'account',
      account: {
        id: toBase58(pubkey),
        slot: '9007199254740995',
        writeVersion: '9007199254740993',
        state: {
          lamports: MOST,
          owner: '11111111111111111111111111111111',
          executable: true,
          rentEpoch: MOST,
          data: { kind: 'bytes', bytes: Buffer.from([1, 2, 3]), space: 3 },
        },
        signature: toBase58(txnSignature),
      },
    });
  });

  // Bytes written by hand after the numbers of the protocol: they hold even if the description changed on both sides.
  it('is read by the numbers of the protocol', () => {
    const info = [0x0a, 32, ...pubkey, 0x10, 5, 0x1a, 32, ...pubkey, 0x28, 1, 0x32, 2, 8, 9, 0x38, 3];
    const update = [0x0a, 1, 0x78, 0x12, info.length + 4, 0x0a, info.length, ...info, 0x10, 42];
    expect(decodeUpdate(Uint8Array.from(update))).toMatchObject({
      account: {
        slot: '42',
        writeVersion: '3',
        state: { lamports: '5', rentEpoch: '1', data: { bytes: Uint8Array.from([8, 9]) } },
        signature: null,
      },
    });
    expect(decodeUpdate(Uint8Array.from([0x1a, 4, 0x08, 7, 0x18, 6]))).toEqual({
      kind: 'slot',
      slot: '7',
      status: 'dead',
    });
    // A transaction with a signature inside, and a ping.
    expect(decodeUpdate(Uint8Array.from([0x22, 5, 0x0a, 3, 0x0a, 1, 1]))).toEqual({
      kind: 'skipped',
      what: 'transaction',
    });
    expect(decodeUpdate(Uint8Array.from([0x32, 0]))).toEqual({ kind: 'skipped', what: 'ping' });
  });

  it('has empty bytes if the account has no data, as most have', () => {
    const decoded = decodeUpdate(encode({ account: { account: { ...account, data: undefined }, slot: 1 } }));
    const state = decoded.kind === 'account' ? decoded.account.state : null;
    expect(state?.data).toStrictEqual({ kind: 'bytes', bytes: new Uint8Array(), space: 0 });
  });

  it('is a closed account if it has no lamports', () => {
    const decoded = decodeUpdate(encode({ account: { account: { ...account, lamports: 0 }, slot: 1 } }));
    expect(decoded).toMatchObject({ account: { state: null } });
  });

  it.each([
    [{ slot: { slot: 5, status: 1 } }, { kind: 'slot', slot: '5', status: 'confirmed' }],
    [{ slot: { slot: 5, status: 3 } }, { kind: 'skipped', what: 'slot' }],
    [{ blockMeta: {} }, { kind: 'skipped', what: 'block meta' }],
    [{}, { kind: 'skipped', what: 'empty message' }],
  ])('%j is counted as what it is', (update, message) => {
    expect(decodeUpdate(encode(update))).toEqual(message);
  });

  it.each([
    ['text', Buffer.from('{"account":{}}')],
    ['an account without a key', encode({ account: { account: { ...account, pubkey: [] }, slot: 1 } })],
    ['a long owner', encode({ account: { account: { ...account, owner: Buffer.alloc(1e6) }, slot: 1 } })],
    ['no owner', encode({ account: { account: { ...account, owner: [] }, slot: 1 } })],
    ['a short signature', encode({ account: { account: { ...account, txnSignature: [1] }, slot: 1 } })],
    ['a message that breaks off', encode({ account: { account, slot: 1 } }).subarray(0, 40)],
  ])('is refused: %s', (_, bytes) => {
    expect(() => decodeUpdate(bytes)).toThrow();
  });
});
