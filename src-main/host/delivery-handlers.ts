import type { Handlers } from '../../src-shared/contract';
import type { Deliveries } from '../deliveries/deliveries';

type DeliveryMethod = Extract<keyof Handlers, `targets.${string}` | `deliveries.${string}`>;

export function createDeliveryHandlers(deliveries: () => Deliveries): Pick<Handlers, DeliveryMethod> {
  return {
    'targets.list': () => deliveries().list(),
    async 'targets.add'({ name, settings, arm }) {
      await deliveries().add(name, settings);
      if (arm) await deliveries().arm(name, 'now');
      return null;
    },
    async 'targets.change'({ name, settings }) {
      await deliveries().change(name, settings);
      return null;
    },
    async 'targets.remove'({ name }) {
      await deliveries().remove(name);
      return null;
    },
    async 'targets.arm'({ name, from }) {
      await deliveries().arm(name, from);
      return null;
    },
    async 'targets.disarm'({ name }) {
      await deliveries().disarm(name);
      return null;
    },
    'targets.test': ({ name }) => deliveries().test(name),
    'deliveries.page': (query) => deliveries().page(query),
    'deliveries.ofCallback': (key) => deliveries().ofCallback(key),
    'deliveries.resend': async ({ target, seqs }) => ({ sent: await deliveries().resend(target, seqs) }),
    async 'deliveries.setRun'({ runId, deliver }) {
      await deliveries().setRunDelivers(runId, deliver);
      return null;
    },
  };
}
