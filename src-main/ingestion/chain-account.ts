import type { JsonText, U64Text } from '../../src-shared/update';

/**
 * An account at one version, as the chain has it. Every source of chain data, recorded or live, gives these; the choices of a run
 * (what `tokens` and `accountType` mean, and when callbacks are due) make an update of it.
 */
export interface ChainAccount {
  /** In base58. */
  readonly id: string;
  /** Null: the source has none, so each import counts as newer than the last. */
  readonly slot: U64Text | null;
  /** Null: the source has none. Its place among the account's different states within the slot is its version then. */
  readonly writeVersion: U64Text | null;
  /** Null: the account was closed, or is not there. */
  readonly state: ChainAccountState | null;
  /** In base58, of the transaction that wrote it; null: unknown. */
  readonly signature: string | null;
}

export interface ChainAccountState {
  readonly lamports: U64Text;
  /** The owning program, in base58. */
  readonly owner: string;
  readonly executable: boolean;
  /** A JSON number with all its digits, of any size; null: unknown. */
  readonly rentEpoch: string | null;
  readonly data: ChainData;
}

export type ChainData =
  | {
      readonly kind: 'bytes';
      readonly bytes: Uint8Array;
      /** Length of the whole data, if the source gives only a slice; otherwise that of `bytes`. Null: cut, and unknown. */
      readonly space: number | null;
    }
  /** Decoded by the source, which kept no bytes. */
  | {
      readonly kind: 'parsed';
      readonly program: string;
      /** The `type` that it names, such as `mint`; null: none. */
      readonly type: string | null;
      readonly parsed: JsonText;
      readonly space: number | null;
    };
