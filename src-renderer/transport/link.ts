import type { ClientMessage, HostMessage } from '../../src-shared/wire';

/** One connection to the host, whatever carries it. It is over after `closed` and never comes back. */
export interface Link {
  send(message: ClientMessage): void;
  close(): void;
}

export interface LinkEvents {
  opened(): void;
  received(message: HostMessage): void;
  /** Called once, also when it never opened. */
  closed(why: ClosedWhy): void;
}

/** `refused`: the host is there and does not let this window in, now or later. `ended`: no host is there. */
export type ClosedWhy = 'lost' | 'refused' | 'ended';

export type OpenLink = (events: LinkEvents) => Link;
