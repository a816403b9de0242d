import type { Handlers } from '../../src-shared/contract';
import type { Idls } from './idls';
import type { Mappings } from './mappings';

type ReadingMethod = Extract<keyof Handlers, `mappings.${string}` | `idls.${string}`>;

/** Mappings and IDLs: how sources that are not Ingot's own are read. */
export function createReadingHandlers({
  mappings,
  idls,
}: {
  readonly mappings: Mappings;
  readonly idls: Idls;
}): Pick<Handlers, ReadingMethod> {
  return {
    'mappings.list': () => mappings.list(),
    async 'mappings.save'({ mapping }) {
      await mappings.save(mapping);
      return null;
    },
    async 'mappings.delete'({ name }) {
      await mappings.delete(name);
      return null;
    },

    'idls.list': () => idls.list(),
    async 'idls.add'({ name, text }) {
      await idls.add(name, text);
      return null;
    },
    async 'idls.delete'({ name }) {
      await idls.delete(name);
      return null;
    },
  };
}
