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
  closed(): void;
}

export type OpenLink = (events: LinkEvents) => Link;
