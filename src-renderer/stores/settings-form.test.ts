import { expect, test } from 'vitest';
import { runSettingsSchema } from '../../src-shared/run-settings';
import { DEFAULT_FORM, describeSettings, formOf, readForm, restoreForm } from './settings-form';

test('the form begins with the defaults of the schema', () => {
  expect(readForm(DEFAULT_FORM)).toEqual({ settings: runSettingsSchema.parse({}), errors: {} });
});

test('names each field that is wrong, and gives no settings then', () => {
  const read = readForm({ ...DEFAULT_FORM, delay: '9-1', speed: '0', seed: '-1' });
  expect(read.settings).toBeNull();
  expect(Object.keys(read.errors)).toEqual(['delay', 'speed', 'seed']);
});

test('takes separators as people type them', () => {
  const read = readForm({ ...DEFAULT_FORM, speed: '1,000', seed: ' 42 ', delay: '500' });
  expect(read.settings).toMatchObject({ speed: 1000, seed: 42, delay: { fromMs: 500, toMs: 500 } });
});

test('an empty number is wrong, not zero', () => {
  expect(readForm({ ...DEFAULT_FORM, seed: '' }).errors.seed).toBeDefined();
});

test('remembered nonsense falls back', () => {
  expect(restoreForm({ arrival: 'sideways', delay: 5, wait: 'maybe' })).toEqual(DEFAULT_FORM);
});

test('describes settings in few words', () => {
  expect(describeSettings(runSettingsSchema.parse({ speed: 20 }))).toBe('sequential 0-1000 ms, ×20, seed 1');
  expect(describeSettings(runSettingsSchema.parse({ arrival: 'none', wait: false }))).toBe(
    'as fast as it goes, ×1, does not wait for callbacks',
  );
  expect(describeSettings(runSettingsSchema.parse({ skipBrokenLines: true }))).toMatch(
    /, skips broken lines$/,
  );
});

test('is filled with the settings of a run, and reads as the same', () => {
  const settings = runSettingsSchema.parse({
    arrival: 'scatter',
    delay: { fromMs: 5, toMs: 900 },
    speed: 0.5,
    seed: 7,
    wait: false,
  });
  expect(readForm(formOf(settings))).toEqual({ settings, errors: {} });
});
