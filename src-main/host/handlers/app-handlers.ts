import { type AppInfo, type Preferences, preferencesSchema } from '../../../src-shared/contract';
import { IngotError } from '../../../src-shared/errors';
import type { SomeHandlers } from '../dispatch';
import type { JsonFile } from '../json-file';

export const NO_PREFERENCES: Preferences = preferencesSchema.parse({});
/** Layouts are the renderer's own; this many bytes of them are kept. */
const MAX_LAYOUT_BYTES = 128 * 1024;

export function createAppHandlers(
  app: AppInfo,
  preferences: JsonFile<Preferences>,
  issueLink: (() => string) | undefined,
): SomeHandlers {
  return {
    'app.info': async () => app,
    async 'app.link'() {
      if (issueLink) return { address: issueLink() };
      throw new IngotError('invalid_input', 'This window is not in a browser: there is no link to it.');
    },
    'preferences.get': () => preferences.read(),
    async 'preferences.set'(changes) {
      const before = await preferences.read();
      const layout = { ...before.layout, ...changes.layout };
      const fits = JSON.stringify(layout).length <= MAX_LAYOUT_BYTES;
      const after: Preferences = {
        theme: changes.theme ?? before.theme,
        density: changes.density ?? before.density,
        timeZone: changes.timeZone ?? before.timeZone,
        layout: fits ? layout : before.layout,
      };
      await preferences.write(after);
      return after;
    },
  };
}
