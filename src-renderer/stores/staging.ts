import { createStore, type StoreApi } from 'zustand/vanilla';
import type { MethodInput, SourceChoice, SourceCounts, SourcePreview } from '../../src-shared/contract';
import { toWireError, type WireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { RunSettings } from '../../src-shared/run-settings';
import type { Client } from '../transport/client';
import type { SendFile } from '../transport/upload';

/** A source before its run: uploaded, previewed, started. */
export type Staging =
  | { readonly phase: 'none' }
  | {
      readonly phase: 'sending';
      readonly name: string;
      readonly sentBytes: number;
      readonly totalBytes: number;
    }
  | { readonly phase: 'reading'; readonly choice: SourceChoice }
  | {
      readonly phase: 'ready' | 'starting';
      readonly choice: SourceChoice;
      readonly preview: SourcePreview;
      /** Of the whole source, as far as it was read. */
      readonly counts: SourceCounts | null;
    }
  | { readonly phase: 'failed'; readonly name: string; readonly error: WireError };

export interface StagingStore {
  readonly store: StoreApi<Staging>;
  openFile(file: File): Promise<void>;
  openSource(choice: SourceChoice): Promise<void>;
  /** What a run read, with its settings in the form. */
  openRun(runId: string): Promise<void>;
  /** Reads the preview again, after a change in how it is read. */
  lookAgain(): Promise<void>;
  /** Resolves to null if the run could not be started. */
  start(settings: MethodInput<'run.start'>['settings'], inOwnSpace: boolean): Promise<RunStatus | null>;
  close(): void;
}

const PREVIEW_RECORDS = 12;

export function createStaging(
  client: Client,
  sendFile: SendFile,
  skipsBrokenLines: () => boolean,
  fillForm: (settings: RunSettings) => void,
  failed: (error: unknown) => void,
): StagingStore {
  const store = createStore<Staging>(() => ({ phase: 'none' }));
  /** The source opened last wins, even if an earlier one answers later. */
  let latest = 0;
  const put = (staging: Staging) => store.setState(staging, true);

  const look = async (choice: SourceChoice, mine: number) => {
    try {
      const read = { source: choice.source, skipBrokenLines: skipsBrokenLines() };
      const preview = await client.call('source.preview', { ...read, count: PREVIEW_RECORDS });
      if (mine !== latest) return;
      put({ phase: 'ready', choice, preview, counts: null });
      await count(read, mine);
    } catch (error) {
      if (mine === latest) put({ phase: 'failed', name: choice.name, error: toWireError(error) });
    }
  };
  /** Until the source is counted, or no longer shown. */
  const count = async (read: MethodInput<'source.count'>, mine: number) => {
    try {
      const counting = await client.call('source.count', read);
      for (;;) {
        const staging = store.getState();
        const isShown = mine === latest && 'preview' in staging;
        const counts = isShown ? await client.call('source.counts', counting) : null;
        const now = store.getState();
        if (counts === null || mine !== latest || !('preview' in now)) break;
        put({ ...now, counts });
        if (counts.isDone) break;
      }
      await client.call('source.stopCount', counting);
    } catch {
      // The preview does without: a run needs no counts, and a lost connection is shown elsewhere.
    }
  };
  const openSource = async (choice: SourceChoice) => {
    latest += 1;
    put({ phase: 'reading', choice });
    await look(choice, latest);
  };
  return {
    store,
    openSource,
    async openRun(runId) {
      try {
        const { settings, ...choice } = await client.call('runs.source', { runId });
        fillForm(settings);
        await openSource(choice);
      } catch (error) {
        failed(error);
      }
    },
    async openFile(file) {
      latest += 1;
      const mine = latest;
      put({ phase: 'sending', name: file.name, sentBytes: 0, totalBytes: file.size });
      try {
        const choice = await sendFile(file, (sentBytes, totalBytes) => {
          if (mine === latest) put({ phase: 'sending', name: file.name, sentBytes, totalBytes });
        });
        if (mine !== latest) return;
        put({ phase: 'reading', choice });
        await look(choice, mine);
      } catch (error) {
        if (mine === latest) put({ phase: 'failed', name: file.name, error: toWireError(error) });
      }
    },
    async lookAgain() {
      const staging = store.getState();
      if (staging.phase !== 'ready') return;
      latest += 1;
      await look(staging.choice, latest);
    },
    async start(settings, inOwnSpace) {
      const staging = store.getState();
      if (staging.phase !== 'ready') return null;
      put({ ...staging, phase: 'starting' });
      try {
        const status = await client.call('run.start', {
          source: staging.choice.source,
          settings,
          inOwnSpace,
        });
        put({ phase: 'none' });
        return status;
      } catch (error) {
        put(staging);
        failed(error);
        return null;
      }
    },
    close() {
      latest += 1;
      put({ phase: 'none' });
    },
  };
}
