import { z } from 'zod';
import type { SourceChoice } from './contract';
import type { ClientMessage, HostMessage } from './wire';

/**
 * Between the desktop window's page and its main process. It carries the messages of `wire.ts`, and the
 * little that only a desktop has: its menu, and files that lie where the person dropped them from.
 */

/** The page's messages to the host; each is answered with whether it was accepted. */
export type ToHostChannel = 'ingot:to-host';
/** The preload's own messages to the host. The page cannot reach this channel. */
export type FromPreloadChannel = 'ingot:from-preload';
/** From the host to the page. */
export type ToWindowChannel = 'ingot:to-window';

/** What the menu, or the system, asks the window to do. The names are those of the window's own commands. */
export const WINDOW_COMMANDS = [
  'open.file',
  'run.toggle',
  'run.step',
  'run.stop',
  'run.again',
  'view.live',
  'view.accounts',
  'view.history',
  'view.callbacks',
  'view.report',
  'view.runs',
  'view.logs',
  'view.database',
  'view.settings',
  'view.shortcuts',
  'window.palette',
  'window.theme',
] as const;
export type WindowCommandName = (typeof WINDOW_COMMANDS)[number];

export type WindowCommand =
  | { readonly command: WindowCommandName }
  /** Show this source as if it had just been chosen in the open dialog. */
  | { readonly command: 'open.source'; readonly choice: SourceChoice };

/** What `window.ingot` is. `PageFile` is the page's own `File`: this room knows no browser. */
export interface IngotBridge<PageFile> {
  /** @throws TypeError for what is neither a call nor a subscription. */
  send(message: ClientMessage): void;
  /** Returns the function that ends it. */
  receive(listener: (message: HostMessage) => void): () => void;
  /** Returns the function that ends it. */
  obey(listener: (command: WindowCommand) => void): () => void;
  /**
   * The path of a file that was dropped on or picked in the window, which the host then reads; null if it
   * has none.
   */
  pathOf(file: PageFile): string | null;
}

const grantSchema = z.strictObject({ type: z.literal('grant'), path: z.string().min(1).max(4096) });
const takenSchema = z.strictObject({ type: z.literal('taken') });

/** What only the preload may say. */
export const preloadMessageSchema = z.discriminatedUnion('type', [
  /** The person handed over this file. */
  grantSchema,
  /** The page has received one more frame of the feed: how the host knows how far it lags. */
  takenSchema,
]);
export type PreloadMessage = z.infer<typeof preloadMessageSchema>;

/** As JSON text. */
export type ToWindowMessage = HostMessage | { readonly type: 'command'; readonly command: WindowCommand };
