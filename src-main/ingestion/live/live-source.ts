import type { Recording } from '../../../src-shared/connections';
import type { JsonText, U64Text } from '../../../src-shared/update';
import type { ChainAccount } from '../chain-account';
import type { SourceRecord } from '../record';

/** Where a source is to continue after it was cut off: what it understands itself, kept with the run. */
export type LivePosition = JsonText;

export type SlotStatus = 'processed' | 'confirmed' | 'finalized' | 'dead';

/** What a live source says, in the order in which it learned it. */
export type LiveMessage =
  | { readonly kind: 'account'; readonly account: ChainAccount }
  /** Of a source of Ingot's own updates. Its number is given by the run. */
  | { readonly kind: 'record'; readonly record: SourceRecord }
  /** All updates of a slot that is said to be confirmed or finalized come before this message. */
  | { readonly kind: 'slot'; readonly slot: U64Text; readonly status: SlotStatus }
  /**
   * From here on nothing is missed, at slots from `fromSlot` on. Said after each connect by a source that has slots, and after a
   * gap without an end: what lies between the last slot on record and this one becomes a gap.
   */
  | { readonly kind: 'covers'; readonly fromSlot: U64Text }
  /**
   * Something was lost or may be: both slots included; null: unknown. `reason` is a sentence for a person. A gap that is found later
   * to be smaller is not taken back.
   */
  | {
      readonly kind: 'gap';
      readonly fromSlot: U64Text | null;
      readonly toSlot: U64Text | null;
      readonly reason: string;
    }
  /** Not an account update: `ping`, `transaction`, `block`. It is counted under this name. */
  | { readonly kind: 'skipped'; readonly what: string }
  /** After all messages before it are committed, the source can continue here. */
  | { readonly kind: 'position'; readonly position: LivePosition };

export interface LiveSource {
  /** For a person, without secrets: `wss://host/…`. */
  readonly name: string;
  /**
   * Connects and gives messages in chunks until the connection ends. The next chunk is read from the network when it is asked for:
   * that is the back-pressure.
   *
   * @param from the last position that was committed; null: at the beginning, or now.
   * @throws IngotError `source_broken` when the connection is lost: the caller connects again after a pause, from the last committed
   *   position. `source_unreadable` or `invalid_input` if connecting again cannot help (refused token, no such program).
   */
  connect(from: LivePosition | null, signal: AbortSignal): AsyncIterable<readonly LiveMessage[]>;
  /**
   * Everything up to this position is on disk: the source may acknowledge it to its sender. It is not called again before it has
   * resolved, and nothing else waits for it.
   */
  committed(position: LivePosition): Promise<void>;
  /** The file that it is recorded to; absent if it is not. */
  readonly recording?: () => Recording;
}
