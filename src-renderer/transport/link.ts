import type { ClientMessage, HostMessage } from '../../src-shared/wire';

/** One connection to the host. It never reopens after `closed`. */
export interface Link {
  send(message: ClientMessage): void;
  close(): void;
}

export interface LinkEvents {
  opened(): void;
  received(message: HostMessage): void;
  /** Called once, even if it never opened. */
  closed(why: ClosedWhy): void;
}

/** `refused`: the host does not admit this window. `ended`: there is no host. */
export type ClosedWhy = 'lost' | 'refused' | 'ended';

export type OpenLink = (events: LinkEvents) => Link;
