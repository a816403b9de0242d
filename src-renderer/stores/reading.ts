import type { Reading } from '../../src-shared/mapping';
import { runSettingsSchema } from '../../src-shared/run-settings';

/** What the settings of a run say about how its source is read. */
export const readingOf = ({ mapping, tokens, accountType, callbackTimeMs, answers }: Reading): Reading => ({
  mapping,
  tokens,
  accountType,
  callbackTimeMs,
  answers,
});

/** The source is recognised. */
export const DEFAULT_READING = readingOf(runSettingsSchema.parse({}));
