import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AppInfo, SourceChoice } from '../src-shared/contract';
import { readOnlyRefusal, whyReadOnly } from '../src-shared/database-state';
import { toWireError } from '../src-shared/errors';
import type { FeedFrame } from '../src-shared/feed';
import { isFresh } from '../src-shared/outside-window';
import type { Clock } from './clock';
import { type ConnectionsStore, createConnections } from './stores/connections';
import { type CutOff, createCutOff } from './stores/cut-off';
import { createDatabase, type DatabaseStore } from './stores/database';
import { createDue, type DueStore } from './stores/due';
import { createEmitter, type Emitter } from './stores/emitter';
import { type Change, changesOf, createFeedIntake } from './stores/feed-intake';
import { createHealth, type HealthStore } from './stores/health';
import { createLive, type LiveState, takeFrames } from './stores/live';
import { createPreferences, type PreferencesStore } from './stores/preferences';
import { FORM_KEY, formOf, restoreForm, type SettingsForm } from './stores/settings-form';
import { createStaging, type StagingStore } from './stores/staging';
import { createTimelineReader } from './stores/timeline-reader';
import { createTypeMemory } from './stores/type-memory';
import type { Client } from './transport/client';
import type { SendFile } from './transport/upload';

/** Shown to the person once. */
export interface Message {
  readonly level: 'info' | 'success' | 'warning' | 'error';
  readonly text: string;
  readonly hint?: string;
}

/** Everything behind the window that is not React: created once, closed only in tests. */
export interface WindowModel {
  readonly client: Client;
  readonly clock: Clock;
  readonly live: StoreApi<LiveState>;
  readonly due: DueStore;
  readonly database: DatabaseStore;
  readonly connections: ConnectionsStore;
  readonly cutOff: CutOff;
  readonly health: HealthStore;
  readonly staging: StagingStore;
  /** A backup that the system opened Ingot with, until the database's view asks what to do with it. */
  readonly offeredBackup: StoreApi<SourceChoice | null>;
  /** For a backup, which is not a source of updates. */
  readonly sendFile: SendFile;
  readonly preferences: PreferencesStore;
  readonly app: StoreApi<AppInfo | null>;
  /** Which of the host's content changed, from the feed. */
  readonly changes: Emitter<Change>;
  readonly messages: Emitter<Message>;
  /** Reports a failed call to the person. */
  fail(error: unknown): void;
  /** True in a read-only window, after telling the person. For what cannot be disabled: keys, a dropped file. */
  refusesChanges(): boolean;
}

export function createWindowModel(client: Client, clock: Clock, sendFile: SendFile): WindowModel {
  const live = createLive();
  const types = createTypeMemory();
  const changes = createEmitter<Change>();
  const messages = createEmitter<Message>();
  const app = createStore<AppInfo | null>(() => null);
  const due = createDue(client, clock);
  const database = createDatabase(client);
  const connections = createConnections(client, clock);
  const cutOff = createCutOff(client);
  const health = createHealth(client, clock);

  const fail = (error: unknown) => {
    const { message, details } = toWireError(error);
    messages.emit({
      level: 'error',
      text: message,
      ...(details.hint === undefined ? {} : { hint: details.hint }),
    });
  };
  const isReadOnly = () => whyReadOnly(database.store.getState().state) !== null;
  const refusesChanges = () => {
    if (isReadOnly()) fail(readOnlyRefusal());
    return isReadOnly();
  };
  const preferences = createPreferences(client, clock, fail);
  const staging = createStaging(
    client,
    clock,
    sendFile,
    () => storedForm(preferences).skipBrokenLines,
    (settings) => preferences.changeLayout(FORM_KEY, formOf(settings)),
    fail,
  );

  const timeline = createTimelineReader(client, clock, live);

  const take = (frames: readonly FeedFrame[]) => {
    const before = live.getState();
    live.setState(takeFrames(before, frames, types));
    connections.take(frames);
    const { status, pending, timeline: known } = live.getState();
    const changed = new Set(frames.flatMap((frame) => [...changesOf(frame)]));
    for (const change of changed) changes.emit(change);
    if (changed.has('everything')) readDatabaseState();
    else if (changed.has('database')) database.load().catch(fail);
    // No other run can be resumed while one is active.
    else if (changed.has('runs') && (status === null || status.endedAtMs !== null)) readCutOff();
    if (changed.size > 0 && (pending > 0 || before.pending > 0)) due.invalidate();
    tellNotices(frames);
    if (status === null) return;
    // The host knows the time of each event, the window only that of each frame, so at the end it reads the host's timeline.
    const ended = status.endedAtMs !== null && before.status?.endedAtMs === null;
    // Only the process that runs it knows the times of a run's events.
    const news = isReadOnly() && changed.has('runs');
    // A pause or another speed: the axis needs the clock as it is now.
    const turned = before.status?.runId === status.runId && before.status.rate !== status.rate;
    if (known === null || ended || news || turned) timeline.read();
  };

  const readCutOff = () =>
    void cutOff.load().catch((error: unknown) => {
      // Without a database or a connection the window already shows the reason, and reads this later.
      const { code } = toWireError(error);
      if (code !== 'database_unavailable' && code !== 'disconnected') fail(error);
    });
  const readDatabaseState = () => {
    database.load().catch(fail);
    void connections.load();
    readCutOff();
  };

  const tellNotices = (frames: readonly FeedFrame[]) => {
    for (const frame of frames) {
      if (frame.kind !== 'events') continue;
      for (const event of frame.events) {
        if (event.event === 'notice' && isFresh(event, clock.nowMs()))
          messages.emit({ level: event.level, text: event.message });
      }
    }
  };

  const intake = createFeedIntake(clock, take);
  client.subscribe(intake.add);
  client.connection.subscribe((state, before) => {
    if (state.phase !== 'open' || before.phase === 'open') return;
    client.call('app.info', {}).then((info) => {
      app.setState(info, true);
      client.trace(info.tracing);
    }, fail);
    preferences.load().catch(fail);
    readDatabaseState();
    due.invalidate();
    changes.emit('runs');
    changes.emit('rows');
  });
  return {
    client,
    clock,
    live,
    due,
    database,
    connections,
    cutOff,
    health,
    staging,
    offeredBackup: createStore<SourceChoice | null>(() => null),
    sendFile,
    preferences,
    app,
    changes,
    messages,
    fail,
    refusesChanges,
  };
}

function storedForm(preferences: PreferencesStore): SettingsForm {
  const stored = preferences.store.getState().preferences.layout[FORM_KEY];
  return restoreForm(typeof stored === 'object' && stored !== null && !Array.isArray(stored) ? stored : {});
}
