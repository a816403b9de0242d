import {
  ARRIVALS,
  type Arrival,
  formatDelayRange,
  parseDelayRange,
  type RunSettings,
  runSettingsSchema,
} from '../../src-shared/run-settings';

/** The form's fields as typed text. */
export type SettingsForm = {
  arrival: Arrival;
  delay: string;
  speed: string;
  seed: string;
  simulate: boolean;
  wait: boolean;
  skipBrokenLines: boolean;
};

/** The key under which the host stores it. */
export const FORM_KEY = 'run.settings';

export const DEFAULT_FORM: SettingsForm = {
  arrival: 'sequential',
  delay: '0-1000',
  speed: '1',
  seed: '1',
  simulate: false,
  wait: true,
  skipBrokenLines: false,
};

export interface ReadForm {
  /** Null while a field is invalid. */
  readonly settings: RunSettings | null;
  readonly errors: Readonly<Partial<Record<'delay' | 'speed' | 'seed', string>>>;
}

export function readForm(form: SettingsForm): ReadForm {
  const delay = parseDelayRange(form.delay);
  const speed = readNumber(form.speed);
  const seed = readNumber(form.seed);
  const errors: { delay?: string; speed?: string; seed?: string } = {};
  if (!delay) errors.delay = 'Whole milliseconds: one value as 500, or a range as 0-1000, up to a day.';
  if (!runSettingsSchema.shape.speed.safeParse(speed).success)
    errors.speed = 'A number from 0.001 to 1,000,000.';
  if (!runSettingsSchema.shape.seed.safeParse(seed).success)
    errors.seed = 'A whole number from 0 to 4,294,967,295.';
  const parsed = runSettingsSchema.safeParse({ ...form, delay, speed, seed });
  return { settings: Object.keys(errors).length === 0 && parsed.success ? parsed.data : null, errors };
}

/** The stored form may come from another version: an invalid field gets its default. */
export function restoreForm(stored: Partial<Record<keyof SettingsForm, unknown>>): SettingsForm {
  const text = (name: 'delay' | 'speed' | 'seed') => {
    const value = stored[name];
    return typeof value === 'string' ? value : DEFAULT_FORM[name];
  };
  return {
    arrival: ARRIVALS.find((arrival) => arrival === stored.arrival) ?? DEFAULT_FORM.arrival,
    delay: text('delay'),
    speed: text('speed'),
    seed: text('seed'),
    simulate: stored.simulate === true,
    wait: stored.wait !== false,
    skipBrokenLines: stored.skipBrokenLines === true,
  };
}

/** The form that reads as these settings. */
export const formOf = ({ delay, speed, seed, ...rest }: RunSettings): SettingsForm =>
  restoreForm({ ...rest, delay: formatDelayRange(delay), speed: String(speed), seed: String(seed) });

function readNumber(text: string): number {
  const plain = text.trim().replaceAll(',', '');
  return plain === '' ? Number.NaN : Number(plain);
}

/** `sequential 0-1000 ms, ×20, seed 1`. */
export function describeSettings(settings: RunSettings): string {
  const parts = [
    settings.arrival === 'none'
      ? 'as fast as it goes'
      : `${settings.arrival} ${formatDelayRange(settings.delay)} ms`,
    settings.simulate ? 'virtual clock' : `×${settings.speed}`,
    ...(settings.arrival === 'none' ? [] : [`seed ${settings.seed}`]),
    ...(settings.wait ? [] : ['does not wait for callbacks']),
    ...(settings.skipBrokenLines ? ['skips broken lines'] : []),
    ...(settings.deliver ? ['delivers'] : []),
    ...describeIdls(settings.idls),
  ];
  return parts.join(', ');
}

const SHOWN_IDLS = 3;
function describeIdls(idls: RunSettings['idls']): readonly string[] {
  if (idls.length === 0) return [];
  const shown = idls.slice(0, SHOWN_IDLS).map(({ name, sha256 }) => `${name} (sha256 ${sha256.slice(0, 8)})`);
  const more = idls.length > SHOWN_IDLS ? [`${idls.length - SHOWN_IDLS} more`] : [];
  return [`decodes by IDL ${[...shown, ...more].join(', ')}`];
}

/** The host's name for the usual field names is `canonical`. */
export const fieldNames = (fieldMap: string): string => (fieldMap === 'canonical' ? 'standard' : fieldMap);
