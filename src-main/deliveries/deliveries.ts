import { randomUUID } from 'node:crypto';
import {
  type ArmFrom,
  type AttemptResult,
  type CallbackDelivery,
  type DeliveriesPage,
  type DeliveriesQuery,
  MOST_BEHIND,
  type TargetInfo,
  type TargetSettings,
} from '../../src-shared/deliveries';
import { IngotError } from '../../src-shared/errors';
import type { EngineEvent } from '../../src-shared/feed';
import type { VersionText } from '../../src-shared/update';
import type { Database } from '../database/database';
import type { Logger } from '../observability/logger';
import { findLastSeq } from '../runs/sql/runs';
import { composeTest } from './event';
import { type Lane, openLane } from './lane';
import { findPlace } from './place';
import { findProblem, openSender, type SenderDeps } from './send';
import {
  type Attempted,
  countFiredAhead,
  findCallbackDeliveries,
  listDeliveries,
  resendDead,
} from './sql/deliveries';
import {
  armTarget,
  countDeliveries,
  type DeliveryFigures,
  deleteTarget,
  disarmElsewhere,
  disarmTarget,
  insertTarget,
  listTargets,
  MOST_TARGETS,
  type StoredTarget,
  setRunDelivers,
  updateTarget,
} from './sql/targets';

const COPIED = 'This database is a copy of the one that it was armed in.';

export interface DeliveriesDeps extends SenderDeps {
  readonly database: Database;
  /** The root logger. */
  readonly logger: Logger;
  /** From 0 up to 1; default: chance. */
  readonly random?: () => number;
  /** `read`: somebody else holds the database, so nothing is changed either. */
  readonly mode: 'send' | 'change' | 'read';
  /** What a person should know of. */
  readonly publish: (events: readonly EngineEvent[]) => void;
  /** Called after the commit of what attempts came to. */
  readonly attempted?: (attempts: readonly Pick<Attempted, 'state' | 'error'>[]) => void;
}

/** The targets of a database, and what fired callbacks do there. */
export interface Deliveries {
  /** Gets the engine's events. */
  readonly hear: (events: readonly EngineEvent[]) => void;
  list(): Promise<readonly TargetInfo[]>;
  /**
   * It replaces one whose settings cannot be read.
   * @throws IngotError `conflict` if there is another one of this name, or there are too many.
   */
  add(name: string, settings: TargetSettings): Promise<void>;
  /** @throws IngotError `not_found`, like all that follow; `invalid_input` if the kind is another one. */
  change(name: string, settings: TargetSettings): Promise<void>;
  remove(name: string): Promise<void>;
  /** @throws IngotError `conflict` if it cannot send, for want of a secret for instance. */
  arm(name: string, from: ArmFrom): Promise<void>;
  disarm(name: string): Promise<void>;
  /** Sends an event that says that it is a test, once, armed or not. */
  test(name: string): Promise<AttemptResult>;
  page(query: DeliveriesQuery): Promise<DeliveriesPage>;
  /** What became of a version's callback at each target. */
  ofCallback(key: {
    readonly id: string;
    readonly version: VersionText;
  }): Promise<readonly CallbackDelivery[]>;
  /** @returns how many. @throws IngotError `conflict` if it is not armed. */
  resend(name: string, seqs: readonly string[] | null): Promise<number>;
  /** Whether callbacks of this run that fire from now on are delivered. */
  setRunDelivers(runId: string, delivers: boolean): Promise<void>;
  /** Whether a target is armed, as far as this program sends. It asks no database. */
  sends(): boolean;
  /** Of all targets. `held`: how many are armed and cannot send. */
  figures(): Promise<DeliveryFigures & { readonly held: number }>;
  /** Resolves when nothing is left to deliver, or `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>;
  /** Ends the attempts under way: they are made again some time. */
  close(): Promise<void>;
}

/** Disarms what was armed in another database, and begins to deliver. */
export async function openDeliveries(deps: DeliveriesDeps): Promise<Deliveries> {
  const { database: db, clock, publish, mode, random = Math.random } = deps;
  const sending: SenderDeps = { clock, secretOf: deps.secretOf };
  const logger = deps.logger.child({ component: 'deliveries' });
  const lanes = new Map<string, Lane>();
  const waiters = new Set<() => void>();
  let closed = false;
  /** Changes of targets, one after the other. */
  let line: Promise<unknown> = Promise.resolve();

  const wakeWaiters = () => {
    for (const wake of [...waiters]) wake();
  };
  const open = async (target: StoredTarget) => {
    if (mode !== 'send' || closed || !target.armed) return;
    const waiting = (await countDeliveries(db)).get(target.id)?.waiting ?? 0;
    const lane = await openLane(target, waiting, {
      ...sending,
      db,
      logger,
      random,
      saved(of, attempts) {
        for (const { state, seq, error } of attempts) {
          const what = { target: of.name, seq: String(seq), error };
          if (state === 'dead') logger.error(what, 'a delivery is dead');
          else if (state === 'waiting') logger.info(what, 'a delivery failed, and is tried again');
        }
        deps.attempted?.(attempts);
      },
      onRest: wakeWaiters,
      onGone: (of, because) => void changing(() => disarmGone(of, because)).catch(() => {}),
    });
    lanes.set(target.name, lane);
    if (lane.problem !== null) {
      logger.warn({ target: target.name }, 'a target is armed and cannot send');
      const message = `The target ${target.name} is armed and sends nothing. ${lane.problem}`;
      publish([{ event: 'notice', level: 'warning', message }]);
    }
  };
  const shut = async (name: string) => {
    const lane = lanes.get(name);
    lanes.delete(name);
    await lane?.stop();
    wakeWaiters();
  };
  /** Only what is still armed: several answers may say the same. */
  const disarmGone = async ({ id, name }: StoredTarget, because: string) => {
    if (lanes.get(name)?.target.id !== id) return;
    await shut(name);
    await disarmTarget(db, id, because);
    logger.warn({ target: name }, 'a target was disarmed: its receiver is gone');
    publish([{ event: 'notice', level: 'warning', message: `The target ${name} was disarmed. ${because}` }]);
  };

  const find = async (name: string): Promise<StoredTarget> => {
    const target = (await listTargets(db)).find((one) => one.name === name);
    if (target) return target;
    throw new IngotError('not_found', `There is no target ${name}.`, {
      hint: '"ingot targets" shows those there are.',
    });
  };
  const changing = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = line.then(() => {
      if (mode === 'read' || closed)
        throw new IngotError('conflict', 'Targets cannot be changed here: the database is open for reading.');
      return work();
    });
    line = turn.catch(() => {});
    return turn;
  };
  /** Lets `work` change a target that sends nothing meanwhile. */
  const change = (name: string, work: (target: StoredTarget) => Promise<void>) =>
    changing(async () => {
      const target = await find(name);
      await shut(name);
      try {
        await work(target);
      } finally {
        const after = (await listTargets(db)).find(({ id }) => id === target.id);
        if (after) await open(after);
        lanes.get(name)?.look();
      }
    });

  if (mode !== 'read') {
    const stopped = await disarmElsewhere(db, await findPlace(db), COPIED);
    if (stopped.length > 0) {
      const message = `${stopped.join(', ')}: disarmed. ${COPIED} Nothing is delivered until a person arms a target.`;
      logger.warn({ targets: stopped }, 'targets were disarmed: the database is a copy');
      publish([{ event: 'notice', level: 'warning', message }]);
    }
    for (const target of await listTargets(db)) await open(target);
    // Only now: nothing is begun where one cannot be opened, and none misses what fires before the caller hears of it.
    for (const lane of lanes.values()) lane.look();
  }

  return {
    hear(events) {
      if (lanes.size === 0 || !events.some(({ event }) => event === 'fired')) return;
      for (const lane of lanes.values()) lane.look();
    },
    async list() {
      const counted = await countDeliveries(db);
      const targets = await listTargets(db);
      const infos: TargetInfo[] = [];
      for (const target of targets) {
        const { id, name, settings, armed, disarmedBecause, cursorSeq, delivered, lastError } = target;
        const { waiting = 0, dead = 0, oldestWaitingMs = null } = counted.get(id) ?? {};
        infos.push({
          name,
          settings,
          armed,
          disarmedBecause,
          problem: armed ? (lanes.get(name)?.problem ?? null) : await findProblem(settings, sending),
          delivered,
          waiting,
          dead,
          behind: armed ? await countFiredAhead(db, id, cursorSeq, MOST_BEHIND) : 0,
          oldestWaitingMs,
          lastError,
        });
      }
      return infos;
    },
    async add(name, settings) {
      const before = (await listTargets(db)).find((one) => one.name === name);
      if (before?.settings.kind === 'unreadable')
        return change(name, ({ id }) => updateTarget(db, id, settings));
      return changing(async () => {
        if (await insertTarget(db, { id: randomUUID(), name, settings })) return;
        throw new IngotError('conflict', `There is a target ${name} already, or there are ${MOST_TARGETS}.`, {
          hint: 'Give it another name, or remove one.',
        });
      });
    },
    change: (name, settings) =>
      change(name, async (target) => {
        if (target.settings.kind !== settings.kind && target.settings.kind !== 'unreadable') {
          throw new IngotError('invalid_input', `The target ${name} is a ${target.settings.kind}.`, {
            hint: 'Add another target.',
          });
        }
        await updateTarget(db, target.id, settings);
      }),
    remove: (name) => change(name, ({ id }) => deleteTarget(db, id)),
    arm: (name, from) =>
      change(name, async ({ id, settings }) => {
        const problem = await findProblem(settings, sending);
        if (problem !== null)
          throw new IngotError('conflict', `The target ${name} cannot be armed. ${problem}`);
        const afterSeq = from === 'now' ? await findLastSeq(db) : null;
        await armTarget(db, id, await findPlace(db), afterSeq);
        logger.info({ target: name, from }, 'a target was armed');
      }),
    disarm: (name) =>
      change(name, async ({ id }) => {
        await disarmTarget(db, id, null);
        logger.info({ target: name }, 'a target was disarmed');
      }),
    async test(name) {
      const { id, settings } = await find(name);
      const problem = await findProblem(settings, sending);
      if (problem !== null || settings.kind === 'unreadable')
        throw new IngotError('conflict', `The target ${name} cannot send. ${problem}`);
      const sender = await openSender(settings, sending);
      const beganMs = clock.monotonicMs();
      try {
        const message = await composeTest(id, randomUUID(), clock.now());
        const { delivered, answer, error } = await sender.send(message, new AbortController().signal);
        return { delivered, answer, error, tookMs: Math.round(clock.monotonicMs() - beganMs) };
      } finally {
        sender.close();
      }
    },
    async page({ target, state, before, limit }) {
      const rows = await listDeliveries(db, await find(target), {
        state,
        beforeSeq: before ?? '9223372036854775807',
        limit,
      });
      return { rows, next: rows.length < limit ? null : (rows.at(-1)?.seq ?? null) };
    },
    async ofCallback(key) {
      return findCallbackDeliveries(db, key);
    },
    resend: (name, seqs) =>
      changing(async () => {
        const { id, armed } = await find(name);
        if (!armed) {
          throw new IngotError('conflict', `The target ${name} is not armed.`, { hint: 'Arm it first.' });
        }
        const count = await resendDead(db, id, seqs, clock.now());
        lanes.get(name)?.resent(count);
        return count;
      }),
    setRunDelivers: (runId, delivers) =>
      changing(async () => {
        if (await setRunDelivers(db, runId, delivers ? await findLastSeq(db) : null)) return;
        throw new IngotError('not_found', `There is no run ${runId}.`);
      }),
    sends: () => lanes.size > 0,
    async figures() {
      const counted = [...(await countDeliveries(db)).values()];
      const oldest = counted
        .flatMap(({ oldestWaitingMs: ms }) => (ms === null ? [] : [ms]))
        .toSorted((a, b) => a - b);
      return {
        waiting: counted.reduce((sum, { waiting }) => sum + waiting, 0),
        dead: counted.reduce((sum, { dead }) => sum + dead, 0),
        held: [...lanes.values()].filter(({ problem }) => problem !== null).length,
        oldestWaitingMs: oldest[0] ?? null,
      };
    },
    async drain(signal) {
      while (!signal.aborted && [...lanes.values()].some((lane) => !lane.isDone())) {
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiters.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          waiters.add(wake);
          signal.addEventListener('abort', wake, { once: true });
        });
      }
      // A target whose receiver is gone delivers nothing, and is about to be disarmed.
      await line;
    },
    async close() {
      closed = true;
      await line;
      await Promise.all([...lanes.keys()].map(shut));
    },
  };
}
