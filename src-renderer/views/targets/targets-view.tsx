import { IconPlayerPause, IconPlus, IconSend, IconTrash } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import { countOf, groupDigits } from '../../../src-shared/amounts';
import type { TargetInfo } from '../../../src-shared/deliveries';
import { toPrintable } from '../../../src-shared/printable';
import { useResource } from '../../bindings/use-resource';
import { useBlocked } from '../../bindings/use-run-now';
import { useTicking } from '../../bindings/use-ticking';
import { useModel } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { confirmAction } from '../../components/confirm-action';
import { Empty, Failed, Loading } from '../../components/states';
import { ViewFrame } from '../../components/view-frame';
import { DeliveriesList } from './deliveries-list';
import { TargetForm } from './target-form';
import classes from './targets-view.module.css';

/** Attempts are no events of a run, so their figures are asked for now and then. */
const ASK_EVERY_MS = 2_000;

/** No name of a target: these begin with a letter. */
const NEW = '';

/** Where fired callbacks are delivered, and what became of them. */
export function TargetsView() {
  const { client } = useModel();
  const blocked = useBlocked();
  const tick = useTicking((ms) => Math.floor(ms / ASK_EVERY_MS));
  // biome-ignore lint/correctness/useExhaustiveDependencies: it asks again at each tick.
  const load = useCallback(() => client.call('targets.list', {}), [client, tick]);
  const { value: targets, error, reload } = useResource(load, ['everything'], 'keep');
  const [edited, setEdited] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = targets?.find(({ name }) => name === chosen) ?? targets?.[0] ?? null;
  const editedTarget = targets?.find(({ name }) => name === edited) ?? null;
  return (
    <ViewFrame
      title="Targets"
      count={targets === null ? undefined : countOf(targets.length, 'target')}
      controls={
        <ActionButton icon={IconPlus} whyNot={blocked} onClick={() => setEdited(NEW)}>
          Add webhook
        </ActionButton>
      }
    >
      {targets === null ? (
        error === null ? (
          <Loading what="the targets" />
        ) : (
          <Failed error={error} onRetry={reload} />
        )
      ) : targets.length === 0 && edited !== NEW ? (
        <Empty icon={IconSend} title="No target yet">
          A target gets each callback that fires, as a webhook. Live connections deliver to every armed
          target; a file does if you switch it on when you start its run. Commands and files are added by{' '}
          <code>ingot targets add</code>.
        </Empty>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and may have nothing to focus in it.
        <section className={classes.page} tabIndex={0} aria-label="Targets and their deliveries">
          {(edited === NEW || editedTarget !== null) && (
            <TargetForm
              key={edited}
              edited={editedTarget}
              onDone={() => {
                setEdited(null);
                reload();
              }}
              onCancel={() => setEdited(null)}
            />
          )}
          <ul className={classes.targets} aria-label="Targets">
            {targets.map((target) => (
              <TargetItem
                key={target.name}
                target={target}
                isShown={target === shown}
                onShow={() => setChosen(target.name)}
                onEdit={() => setEdited(target.name)}
                onDone={reload}
              />
            ))}
          </ul>
          {shown !== null && <DeliveriesList key={shown.name} target={shown} onResent={reload} />}
        </section>
      )}
    </ViewFrame>
  );
}

interface TargetItemProps {
  readonly target: TargetInfo;
  readonly isShown: boolean;
  readonly onShow: () => void;
  readonly onEdit: () => void;
  readonly onDone: () => void;
}

function TargetItem({ target, isShown, onShow, onEdit, onDone }: TargetItemProps) {
  const { client, fail, messages } = useModel();
  const blocked = useBlocked();
  const { name, settings, armed, problem, disarmedBecause, lastError } = target;
  const place =
    settings.kind === 'webhook'
      ? settings.url
      : settings.kind === 'command'
        ? settings.argv.join(' ')
        : settings.kind === 'file'
          ? settings.path
          : '';
  const said = problem ?? disarmedBecause ?? lastError;
  const act = (work: Promise<unknown>, text: string) =>
    work.then(() => {
      messages.emit({ level: 'success', text });
      onDone();
    }, fail);
  const test = () =>
    client.call('targets.test', { name }).then(({ delivered, error, tookMs }) => {
      messages.emit(
        delivered
          ? { level: 'success', text: `The test arrived at ${name} after ${groupDigits(tookMs)} ms.` }
          : { level: 'error', text: `The test did not arrive at ${name}. ${toPrintable(error ?? '')}` },
      );
    }, fail);
  const remove = () =>
    confirmAction({
      title: `Remove the target ${name}?`,
      text: 'What is known of its deliveries is removed too.',
      confirm: 'Remove target',
      onConfirm: () => void act(client.call('targets.remove', { name }), `The target ${name} is removed.`),
    });
  return (
    <li className={classes.target} aria-label={name} data-shown={isShown || undefined}>
      <button type="button" className={classes.name} aria-pressed={isShown} onClick={onShow}>
        {name}
      </button>
      <span className={classes.state} data-state={problem !== null ? 'held' : armed ? 'armed' : 'disarmed'}>
        {problem !== null ? 'cannot send' : armed ? 'armed' : 'disarmed'}
      </span>
      <span className={classes.place}>
        <bdi>{toPrintable(place)}</bdi>
        {settings.kind === 'webhook' && settings.secret === null && ' · not signed'}
        {settings.kind !== 'unreadable' && settings.event === 'quiet' && ' · alarm'}
      </span>
      <span className={classes.figures}>
        {groupDigits(target.delivered)} delivered
        {target.waiting + target.behind > 0 && ` · ${groupDigits(target.waiting + target.behind)} waiting`}
        {target.dead > 0 && <span className={classes.dead}> · {countOf(target.dead, 'dead letter')}</span>}
      </span>
      <span className={classes.actions}>
        {armed ? (
          <ActionButton
            icon={IconPlayerPause}
            whyNot={blocked}
            onClick={() => act(client.call('targets.disarm', { name }), `The target ${name} is disarmed.`)}
          >
            Disarm
          </ActionButton>
        ) : (
          <ActionButton
            tone="main"
            data-tip="Deliver what fires from now on"
            whyNot={blocked ?? problem}
            onClick={() => act(client.call('targets.arm', { name }), `The target ${name} is armed.`)}
          >
            Arm
          </ActionButton>
        )}
        <ActionButton icon={IconSend} data-tip="Send a test event" whyNot={problem} onClick={test}>
          Test
        </ActionButton>
        <ActionButton
          whyNot={
            blocked ??
            (settings.kind === 'webhook' || settings.kind === 'unreadable'
              ? null
              : 'It was added by the command line')
          }
          onClick={onEdit}
        >
          Edit
        </ActionButton>
        <ActionButton
          tone="quiet"
          icon={IconTrash}
          aria-label={`Remove ${name}`}
          data-tip="Remove this target"
          whyNot={blocked}
          onClick={remove}
        />
      </span>
      {said !== null && <p className={classes.said}>{toPrintable(said)}</p>}
    </li>
  );
}
