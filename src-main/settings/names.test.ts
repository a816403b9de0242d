import { expect, it } from 'vitest';
import { flagOf, variableOf } from './names';
import { noteOf, SETTING_KEYS } from './schema';

it('derives variables from keys', () => {
  expect(SETTING_KEYS.map(variableOf)).toEqual([
    'INGOT_ARRIVAL',
    'INGOT_DELAY',
    'INGOT_SPEED',
    'INGOT_SEED',
    'INGOT_SIMULATE',
    'INGOT_WAIT',
    'INGOT_SKIP_BROKEN_LINES',
    'INGOT_MAPPING',
    'INGOT_TOKENS',
    'INGOT_ACCOUNT_TYPE',
    'INGOT_CALLBACK_TIME_MS',
    'INGOT_ANSWERS',
    'INGOT_IDL',
    'INGOT_OVERDUE',
    'INGOT_DATA_DIR',
    'INGOT_MEMORY',
    'INGOT_DATABASE',
    'INGOT_SPACE',
    'INGOT_READ_ONLY',
    'INGOT_JSON',
    'INGOT_TRACE_CALLBACKS',
    'INGOT_LOG_LEVEL',
    'INGOT_LOG_DIR',
    'INGOT_LOG_FILE_LEVEL',
    'INGOT_METRICS_PORT',
    'INGOT_UPDATE_FEED',
  ]);
});

it('derives flags from keys, and one that turns off what is on', () => {
  expect(SETTING_KEYS.map(flagOf)).toEqual([
    '--arrival',
    '--delay',
    '--speed',
    '--seed',
    '--simulate',
    '--no-wait',
    '--skip-broken-lines',
    '--mapping',
    '--tokens',
    '--account-type',
    '--callback-time-ms',
    '--answers',
    '--idl',
    '--overdue',
    '--data-dir',
    '--memory',
    '--database',
    '--space',
    '--read-only',
    '--json',
    '--trace-callbacks',
    '--log-level',
    '--log-dir',
    '--log-file-level',
    '--metrics-port',
    '--update-feed',
  ]);
});

it('has a note for every setting', () => {
  for (const key of SETTING_KEYS) expect(noteOf(key).about).not.toBe('');
});
