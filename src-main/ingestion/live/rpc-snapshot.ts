import { readingFrom } from '../../../src-shared/mapping';
import type { U64Text } from '../../../src-shared/update';
import type { Clock } from '../../time/clock';
import type { ChainAccount } from '../chain-account';
import { type Around, createDocumentReader } from '../mapped/document-reader';
import { mappingOf } from '../mapped/find-format';
import { createMapper } from '../mapped/record-mapper';

/** The server refused: its status of HTTP, or its error of JSON-RPC. */
export class RefusedAnswer extends Error {
  constructor(
    readonly kind: 'HTTP' | 'error',
    readonly code: number,
  ) {
    super(`${kind} ${code}`);
  }
}

/** An answer that is none: it broke off, or is something else. */
export class BrokenAnswer extends Error {}

interface SnapshotRequest {
  readonly method: 'getProgramAccounts' | 'getMultipleAccounts';
  /** Of the program, or of all accounts. */
  readonly keys: readonly string[];
  readonly commitment: string;
  readonly minContextSlot: bigint | null;
}

interface Asking {
  readonly address: string;
  readonly clock: Clock;
  /** Its reason ends the reading. */
  readonly signal: AbortSignal;
  /** After so long without a byte, `late` is called. */
  readonly longestSilenceMs: number;
  readonly late: () => void;
}

const FORMATS = {
  getProgramAccounts: 'get-program-accounts-with-context',
  getMultipleAccounts: 'get-multiple-accounts',
} as const;
const CODE = 'error.code';
const ACCOUNT = 'account';

/**
 * The accounts of one answer as they come, however large it is: what is held is a piece of it, and one account. An answer that breaks off
 * throws after what came before.
 * @param onSlot is told the slot of the answer, before its first account.
 * @throws RefusedAnswer, BrokenAnswer; errors of the network.
 */
export async function* readSnapshot(
  { method, keys, commitment, minContextSlot }: SnapshotRequest,
  { address, clock, signal, longestSilenceMs, late }: Asking,
  onSlot: (slot: bigint) => void,
): AsyncGenerator<readonly ChainAccount[]> {
  const inTime = async <T>(asked: Promise<T>): Promise<T> => {
    const alarm = clock.setAlarm(clock.now() + longestSilenceMs, late);
    try {
      return await asked;
    } finally {
      alarm.clear();
    }
  };
  const config = {
    commitment,
    encoding: 'base64',
    ...(method === 'getProgramAccounts' && { withContext: true }),
    ...(minContextSlot !== null && { minContextSlot: Number(minContextSlot) }),
  };
  const params = [method === 'getProgramAccounts' ? keys[0] : keys, config];
  const response = await inTime(
    fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal,
    }),
  );
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new RefusedAnswer('HTTP', response.status);
  }
  const answer = openAnswer(method, keys);
  let slot: U64Text | null = null;
  const take = (accounts: readonly ChainAccount[]) => {
    const said = accounts[0]?.slot ?? answer.slot();
    if (slot === null && said !== null) {
      slot = said;
      onSlot(BigInt(said));
    }
    return accounts;
  };
  const pieces = response.body.getReader();
  try {
    for (;;) {
      const piece = await inTime(pieces.read());
      const accounts = take(piece.done ? answer.finish() : answer.read(piece.value));
      if (accounts.length > 0) yield accounts;
      if (piece.done) return;
    }
  } finally {
    // Otherwise the rest of it is waited for.
    pieces.cancel().catch(() => undefined);
  }
}

/** Reads the accounts of an answer in pieces. */
function openAnswer(method: SnapshotRequest['method'], keys: readonly string[]) {
  const mapping = mappingOf(FORMATS[method]);
  const { accountOf, ...mapper } = createMapper(
    mapping,
    readingFrom({ answers: { keys: keys.join(' ') } }),
    () => null,
  );
  let accounts: ChainAccount[] = [];
  let documents = 0;
  let hasList = true;
  let around: Around = [];
  const aroundPaths = [...mapper.aroundPaths, CODE];
  const reader = createDocumentReader({
    mapping,
    isArray: false,
    offset: 0,
    skipBrokenLines: false,
    aroundPaths,
    mapper: {
      ...mapper,
      accountOf,
      map(view) {
        try {
          if (accountOf) accounts.push(accountOf(view));
        } catch (error) {
          throw new BrokenAnswer(`an account cannot be read: ${error instanceof Error ? error.message : ''}`);
        }
        return { kind: 'skipped', what: ACCOUNT };
      },
      skip(what) {
        hasList = what === ACCOUNT;
      },
    },
    onDocument(found) {
      around = found;
      documents += 1;
    },
  });
  const taken = () => {
    // Without the slot it cannot be told which accounts are newer.
    if (reader.wanted !== null) throw new BrokenAnswer('it does not begin with its slot');
    const code = around[aroundPaths.indexOf(CODE)]?.text;
    if (code !== undefined) throw new RefusedAnswer('error', Number(code));
    if (reader.fault !== undefined) throw new BrokenAnswer(reader.fault.kind);
    const all = accounts;
    accounts = [];
    return all;
  };
  return {
    read(piece: Uint8Array) {
      reader.read(piece);
      return taken();
    },
    finish() {
      reader.finish();
      const last = taken();
      if (documents !== 1 || !hasList) throw new BrokenAnswer('it has no list');
      return last;
    },
    slot: (): U64Text | null => around[0]?.text ?? null,
  };
}
