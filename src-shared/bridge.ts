import { z } from 'zod';
import type { MenuCommandId } from './commands';
import type { SourceChoice } from './contract';
import type { ClientMessage, HostMessage } from './wire';

/** The messages between the desktop window's page and its main process: those of `wire.ts`, plus the menu and dropped files. */

/** The page's messages to the host. The main process answers whether it accepted each. */
export type ToHostChannel = 'ingot:to-host';
/** The preload's own messages to the host. The page cannot reach this channel. */
export type FromPreloadChannel = 'ingot:from-preload';
export type ToWindowChannel = 'ingot:to-window';

/** What the menu or the system asks of the window. */
export type WindowCommand =
  | { readonly command: MenuCommandId }
  /** Show this source as if the person had chosen it in the open dialog. */
  | { readonly command: 'open.source'; readonly choice: SourceChoice }
  /** Ask whether to restore this backup. */
  | { readonly command: 'open.backup'; readonly choice: SourceChoice };

/** The type of `window.ingot`. `PageFile` stands for the page's `File`: src-shared has no DOM types. */
export interface IngotBridge<PageFile> {
  /** @throws TypeError for what is neither a call nor a subscription. */
  send(message: ClientMessage): void;
  /** Returns the function that unsubscribes. */
  receive(listener: (message: HostMessage) => void): () => void;
  obey(listener: (command: WindowCommand) => void): () => void;
  /** The path of a file that was dropped or picked, which the host may then read; null if it has none. */
  pathOf(file: PageFile): string | null;
}

const grantSchema = z.strictObject({ type: z.literal('grant'), path: z.string().min(1).max(4096) });
const takenSchema = z.strictObject({ type: z.literal('taken') });

export const preloadMessageSchema = z.discriminatedUnion('type', [
  grantSchema,
  /** The page has received one more frame of the feed. The host measures the page's lag by it. */
  takenSchema,
]);
export type PreloadMessage = z.infer<typeof preloadMessageSchema>;

export type ToWindowMessage = HostMessage | { readonly type: 'command'; readonly command: WindowCommand };
