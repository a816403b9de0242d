import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  accountNode,
  constantDiscriminatorNode,
  constantValueNode,
  numberTypeNode,
  numberValueNode,
  programNode,
  rootNode,
  sizeDiscriminatorNode,
  structFieldTypeNode,
  structTypeNode,
} from '@codama/nodes';
import { beforeEach, expect, test } from 'vitest';
import { openDecoder } from './open-decoder';

const OLD = 'SysvarC1ock11111111111111111111111111111111';
const NEW = 'SysvarRent111111111111111111111111111111111';
const fields = [
  { name: 'total_amount', type: 'u64' },
  { name: 'label', type: 'string' },
  { name: 'side', type: { defined: { name: 'Side' } } },
];
const side = { name: 'Side', type: { kind: 'enum', variants: [{ name: 'Bid' }, { name: 'Ask' }] } };
const newIdl = {
  address: NEW,
  metadata: { name: 'vault_program', version: '1.0.0', spec: '0.1.0' },
  instructions: [],
  accounts: [{ name: 'Vault', discriminator: [1, 2, 3, 4, 5, 6, 7, 8] }],
  types: [{ name: 'Vault', type: { kind: 'struct', fields } }, side],
};
const oldIdl = {
  version: '0.1.0',
  name: 'vault_program',
  instructions: [],
  accounts: [
    {
      name: 'Vault',
      type: {
        kind: 'struct',
        fields: [
          { name: 'totalAmount', type: 'u64' },
          { name: 'label', type: 'string' },
          { name: 'side', type: { defined: 'Side' } },
        ],
      },
    },
  ],
  types: [side],
  metadata: { address: OLD },
};
const body = [255, 255, 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0x68, 0x69, 1];
const vault = {
  program: 'vaultProgram',
  type: 'vault',
  fields: { totalAmount: 2n ** 64n - 1n, label: 'hi', side: 'ask' },
};

let folder = '';
const write = (name: string, value: unknown) => {
  const file = join(folder, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'idl-'));
});

test('Anchor IDLs of both formats tell accounts by their first eight bytes', async () => {
  write('new.json', newIdl);
  write('old.json', oldIdl);
  write('package.json', { name: 'no IDL' });
  const { decode, loaded } = await openDecoder([folder]);
  expect(loaded.map(({ layout }) => layout.address)).toEqual([NEW, OLD]);
  expect(loaded[0]?.sha256).toBe(createHash('sha256').update(JSON.stringify(newIdl)).digest('hex'));
  expect(decode(NEW, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, ...body]))).toEqual(vault);
  // Free room after the last field is usual.
  const hash = createHash('sha256').update('account:Vault').digest().subarray(0, 8);
  expect(decode(OLD, Uint8Array.from([...hash, ...body, 0, 0]))).toEqual(vault);
  expect(decode(NEW, Uint8Array.from([9, 2, 3, 4, 5, 6, 7, 8, ...body]))).toEqual({
    reason: 'its bytes look like no account type of vaultProgram',
  });
});

test('Codama IDLs tell accounts by constants and sizes', async () => {
  const data = structTypeNode([
    structFieldTypeNode({ name: 'kind', type: numberTypeNode('u8') }),
    structFieldTypeNode({ name: 'count', type: numberTypeNode('u16') }),
  ]);
  const kind = (value: number) =>
    constantDiscriminatorNode(constantValueNode(numberTypeNode('u8'), numberValueNode(value)));
  const accounts = [
    accountNode({ name: 'first', data, discriminators: [kind(1), sizeDiscriminatorNode(3)] }),
    accountNode({ name: 'second', data, discriminators: [kind(2)] }),
  ];
  const root = rootNode(programNode({ name: 'counts', publicKey: NEW, accounts }));
  const { decode } = await openDecoder([write('counts.json', root)]);
  expect(decode(NEW, Uint8Array.of(1, 5, 0))).toMatchObject({ type: 'first', fields: { count: 5 } });
  expect(decode(NEW, Uint8Array.of(2, 6, 0, 0))).toMatchObject({ type: 'second', fields: { count: 6 } });
  expect(decode(NEW, Uint8Array.of(1, 5, 0, 0))).toHaveProperty('reason');
});

test('an IDL without an address has it from the name of its file', async () => {
  const { metadata: _, ...nameless } = oldIdl;
  const { loaded } = await openDecoder([write(`${OLD}.json`, nameless)]);
  expect(loaded[0]?.layout.address).toBe(OLD);
  await expect(openDecoder([write('vault.json', nameless)])).rejects.toThrow(
    /vault\.json cannot be used: it names no address for vaultProgram/,
  );
});

test('an IDL of a folder that cannot be used does not stop the others, and is named', async () => {
  const broken = write('broken.json', '{');
  write('new.json', newIdl);
  const { loaded, unusable } = await openDecoder([folder]);
  expect(loaded.map(({ layout }) => layout.address)).toEqual([NEW]);
  expect(unusable).toEqual([
    { file: broken, problem: expect.stringContaining('broken.json cannot be used') },
  ]);
});

test('an IDL that cannot be used is refused by name', async () => {
  await expect(openDecoder([join(folder, 'gone.json')])).rejects.toThrow(/gone\.json cannot be used/);
  await expect(openDecoder([write('a.json', '{')])).rejects.toThrow(/a\.json cannot be used/);
  await expect(openDecoder([write('b.json', {})])).rejects.toThrow(/neither an Anchor nor a Codama IDL/);
  await expect(openDecoder([write('c.json', { ...newIdl, types: [] })])).rejects.toThrow(/c\.json/);
});
