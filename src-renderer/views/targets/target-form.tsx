import { useState } from 'react';
import { newTargetSchema, type TargetInfo } from '../../../src-shared/deliveries';
import { useModel } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { ChoiceBar, Field, TextInput } from '../../components/field';
import { NamedSecret } from '../../components/named-secret';
import { Toggle } from '../../components/toggle';
import classes from './targets-view.module.css';

interface TargetFormProps {
  /** Null: a new one. */
  readonly edited: TargetInfo | null;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

const EVENTS = [
  { value: 'fired', label: 'Callback fired' },
  { value: 'quiet', label: 'Alarm: account is quiet' },
] as const;

/** Adds or changes a webhook. */
export function TargetForm({ edited, onDone, onCancel }: TargetFormProps) {
  const { client, fail } = useModel();
  const before = edited?.settings.kind === 'webhook' ? edited.settings : null;
  const [form, setForm] = useState({
    name: edited?.name ?? '',
    url: before?.url ?? '',
    secret: before?.secret ?? '',
    event: before?.event ?? ('fired' as const),
    concurrency: String(before?.concurrency ?? 4),
    attempts: String(before?.maxAttempts ?? 20),
    rate: before?.ratePerSecond == null ? '' : String(before.ratePerSecond),
    allowPrivate: before?.allowPrivate ?? false,
    arm: true,
  });
  const [isChecked, setChecked] = useState(false);
  const change = (part: Partial<typeof form>) => setForm({ ...form, ...part });
  const parsed = newTargetSchema.safeParse({
    name: form.name.trim(),
    settings: {
      ...before,
      kind: 'webhook',
      url: form.url.trim(),
      secret: form.secret.trim() || null,
      event: form.event,
      allowPrivate: form.allowPrivate,
      concurrency: Number(form.concurrency),
      maxAttempts: Number(form.attempts),
      ratePerSecond: form.rate.trim() === '' ? null : Number(form.rate),
    },
    arm: form.arm,
  });
  const wrong = (field: string): string | null => {
    if (!isChecked || parsed.success) return null;
    const issue = parsed.error.issues.find(({ path }) => path.at(-1) === field);
    return issue ? `It ${issue.message}.` : null;
  };
  const save = async () => {
    setChecked(true);
    if (!parsed.success) return;
    const { arm, ...changed } = parsed.data;
    await (edited === null
      ? client.call('targets.add', { ...changed, arm })
      : client.call('targets.change', changed)
    ).then(onDone, fail);
  };
  const text =
    (
      name: 'name' | 'url' | 'secret' | 'concurrency' | 'attempts' | 'rate',
      field: string,
      width?: number | null,
    ) =>
    ({ id, describedBy }: { readonly id: string; readonly describedBy: string | undefined }) => (
      <TextInput
        id={id}
        describedBy={describedBy}
        value={form[name]}
        wrong={wrong(field) !== null}
        inputMode="text"
        {...(width !== undefined && { width })}
        onChange={(value) => change({ [name]: value })}
      />
    );
  return (
    <form
      className={classes.form}
      aria-label={edited === null ? 'New webhook' : `Change ${edited.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {edited === null && (
        <Field label="Name" error={wrong('name')} hint="Lower-case letters, digits and hyphens.">
          {text('name', 'name')}
        </Field>
      )}
      <Field label="Address" error={wrong('url')} hint="It gets a CloudEvent as JSON for each callback.">
        {text('url', 'url', null)}
      </Field>
      <Field
        label="Name of the secret"
        error={wrong('secret')}
        hint="It signs each event: whsec_ and a key in base64. Empty: not signed."
      >
        {text('secret', 'secret')}
      </Field>
      <NamedSecret name={form.secret.trim()} />
      <Field
        label="Event"
        hint={
          form.event === 'quiet'
            ? 'For runs whose callback time is how long an account may go without an update. A newer version cancels the alarm.'
            : 'The account as it was at the version whose callback fired.'
        }
      >
        {() => (
          <ChoiceBar
            label="Event"
            value={form.event}
            choices={EVENTS}
            onChange={(event) => change({ event })}
          />
        )}
      </Field>
      <Field label="At once" error={wrong('concurrency')} hint="Deliveries under way, 1 to 32.">
        {text('concurrency', 'concurrency', 80)}
      </Field>
      <Field
        label="Rate"
        error={wrong('ratePerSecond')}
        hint="A second at most; empty: as fast as it answers."
      >
        {text('rate', 'ratePerSecond', 80)}
      </Field>
      <Field
        label="Attempts"
        error={wrong('maxAttempts')}
        hint="After so many it is a dead letter, 1 to 100."
      >
        {text('attempts', 'maxAttempts', 80)}
      </Field>
      <div className={classes.switches}>
        <Toggle on={form.allowPrivate} onChange={(allowPrivate) => change({ allowPrivate })}>
          Allow an address of this machine or of a private network
        </Toggle>
        {edited === null && (
          <Toggle on={form.arm} onChange={(arm) => change({ arm })}>
            Arm it: deliver what fires from now on
          </Toggle>
        )}
      </div>
      <div className={classes.buttons}>
        <ActionButton type="submit" tone="main">
          {edited === null ? 'Add target' : 'Save target'}
        </ActionButton>
        <ActionButton onClick={onCancel}>Cancel</ActionButton>
      </div>
    </form>
  );
}
