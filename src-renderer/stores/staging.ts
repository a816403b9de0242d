import { createStore, type StoreApi } from 'zustand/vanilla';
import type { MethodInput, SourceChoice, SourceCounts, SourcePreview } from '../../src-shared/contract';
import { toWireError, type WireError } from '../../src-shared/errors';
import type { RunStatus } from '../../src-shared/events';
import type { Reading } from '../../src-shared/mapping';
import type { RunSettings } from '../../src-shared/run-settings';
import type { Clock } from '../clock';
import type { Client } from '../transport/client';
import type { SendFile } from '../transport/upload';
import { DEFAULT_READING, readingOf } from './reading';

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
  | Previewed
  | { readonly phase: 'failed'; readonly name: string; readonly error: WireError };

export interface Previewed {
  readonly phase: 'ready' | 'starting';
  readonly choice: SourceChoice;
  readonly reading: Reading;
  readonly preview: SourcePreview;
  /** The preview is of the reading before this one: it is being read again. */
  readonly isBehind: boolean;
  /** Why it cannot be read so; the preview is of the reading before. */
  readonly refused: WireError | null;
  /** Of the whole source, as far as it was read. */
  readonly counts: SourceCounts | null;
}

export interface StagingStore {
  readonly store: StoreApi<Staging>;
  openFile(file: File): Promise<void>;
  openSource(choice: SourceChoice, reading?: Reading): Promise<void>;
  /** What a run read, with its settings in the form. */
  openRun(runId: string): Promise<void>;
  /** Reads the preview again, after a change in how it is read. */
  lookAgain(): Promise<void>;
  /** Reads it in another way, a moment after the last such change. */
  changeReading(changes: Partial<Reading>): void;
  /** Resolves to null if the run could not be started. */
  start(settings: MethodInput<'run.start'>['settings'], inOwnSpace: boolean): Promise<RunStatus | null>;
  close(): void;
}

const PREVIEW_RECORDS = 12;
/** A person types. */
const LOOK_AFTER_MS = 200;

export function createStaging(
  client: Client,
  clock: Pick<Clock, 'after'>,
  sendFile: SendFile,
  skipsBrokenLines: () => boolean,
  fillForm: (settings: RunSettings) => void,
  failed: (error: unknown) => void,
): StagingStore {
  const store = createStore<Staging>(() => ({ phase: 'none' }));
  /** The source opened last wins, even if an earlier one answers later. */
  let latest = 0;
  const put = (staging: Staging) => store.setState(staging, true);

  const look = async (choice: SourceChoice, reading: Reading, mine: number) => {
    const read = { source: choice.source, skipBrokenLines: skipsBrokenLines(), ...reading };
    try {
      const preview = await client.call('source.preview', { ...read, count: PREVIEW_RECORDS });
      if (mine !== latest) return;
      if (reading.mapping === null && preview.reading?.format === null) {
        // A guess is shown, stated and run as any mapping that a person makes.
        await look(choice, { ...reading, mapping: preview.reading.mapping }, mine);
        return;
      }
      put({ phase: 'ready', choice, reading, preview, isBehind: false, refused: null, counts: null });
      await count(read, mine);
    } catch (error) {
      const staging = store.getState();
      if (mine !== latest) return;
      if (staging.phase === 'ready') put({ ...staging, isBehind: false, refused: toWireError(error) });
      else put({ phase: 'failed', name: choice.name, error: toWireError(error) });
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
  const openSource = async (choice: SourceChoice, reading = DEFAULT_READING) => {
    latest += 1;
    put({ phase: 'reading', choice });
    await look(choice, reading, latest);
  };
  return {
    store,
    openSource,
    async openRun(runId) {
      try {
        const { settings, ...choice } = await client.call('runs.source', { runId });
        fillForm(settings);
        await openSource(choice, readingOf(settings));
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
        await look(choice, DEFAULT_READING, mine);
      } catch (error) {
        if (mine === latest) put({ phase: 'failed', name: file.name, error: toWireError(error) });
      }
    },
    async lookAgain() {
      const staging = store.getState();
      if (staging.phase !== 'ready') return;
      latest += 1;
      put({ ...staging, isBehind: true });
      await look(staging.choice, staging.reading, latest);
    },
    changeReading(changes) {
      const staging = store.getState();
      if (staging.phase !== 'ready') return;
      latest += 1;
      const mine = latest;
      const reading = { ...staging.reading, ...changes };
      put({ ...staging, reading, isBehind: true });
      clock.after(LOOK_AFTER_MS, () => {
        if (mine === latest) void look(staging.choice, reading, mine);
      });
    },
    async start(settings, inOwnSpace) {
      const staging = store.getState();
      if (staging.phase !== 'ready' || staging.isBehind) return null;
      put({ ...staging, phase: 'starting' });
      try {
        const status = await client.call('run.start', {
          source: staging.choice.source,
          settings: { ...settings, ...staging.reading },
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
