import type { RunSettings } from '../../src-shared/run-settings';
import type { Decode } from '../ingestion/decoding/decoded';
import { toUpdate } from '../ingestion/to-update';
import type { ToRecord } from '../runs/live-records';

/** What a run with these settings makes of an account. */
export function liveRecordOf(settings: RunSettings, decode: Decode): ToRecord {
  return (account, record) => {
    const made = toUpdate(account, settings, decode);
    if (made.kind !== 'reject') return { record, ...made };
    const { id, slot, writeVersion } = account;
    return { record, ...made, excerpt: JSON.stringify({ id, slot, writeVersion }) };
  };
}
