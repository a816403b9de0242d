import { IconPlugConnected } from '@tabler/icons-react';
import { type FormEvent, Fragment, useCallback, useEffect, useId, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { IngotError } from '../../../src-shared/errors';
import { readsLines } from '../../../src-shared/mapping';
import { useResource } from '../../bindings/use-resource';
import { useModel, useReadOnly } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { ChoiceBar, Field, TextInput } from '../../components/field';
import fieldClasses from '../../components/field.module.css';
import { NamedSecret } from '../../components/named-secret';
import { Toggle } from '../../components/toggle';
import {
  CONNECTION_KINDS,
  type ConnectionForm,
  choiceOf,
  fieldsOf,
  KIND_NAMES,
  type ReadConnection,
  readConnection,
} from '../../stores/connection-form';
import classes from './connections-view.module.css';

const KINDS = CONNECTION_KINDS.map((value) => ({ value, label: KIND_NAMES[value] }));
type Read = NonNullable<ReadConnection['read']>;

interface ConnectFormProps {
  /** A person has just asked for it. */
  readonly takesFocus: boolean;
  readonly form: ConnectionForm;
  readonly onChange: (form: ConnectionForm) => void;
  /** `records`: to a file as well. */
  readonly onConnect: (read: Read, records: boolean) => Promise<void>;
  /** Resolves to whether it is saved. */
  readonly onSave: (name: string, read: Read) => Promise<boolean>;
  readonly onClose: (() => void) | null;
}

/** Errors are shown once a person has tried to go on. */
export function ConnectForm({ takesFocus, form, onChange, onConnect, onSave, onClose }: ConnectFormProps) {
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [name, setName] = useState('');
  const [records, setRecords] = useState(false);
  const saving = useId();
  const readOnly = useReadOnly();
  /** What the host said of a field of this form. */
  const [refused, setRefused] = useState({ form, errors: {} as ReadConnection['errors'] });
  const { app, client, fail } = useModel();
  const hasDialogs = useStore(app, (info) => info?.capabilities.nativeDialogs === true);
  // Only the web window's own server takes posted updates.
  const kinds =
    useStore(app, (info) => info?.shell) === 'electron'
      ? KINDS.filter(({ value }) => value !== 'http')
      : KINDS;
  const { read, errors } = readConnection(form);
  const shown = tried ? { ...(refused.form === form && refused.errors), ...errors } : {};
  const element = useRef<HTMLFormElement>(null);
  /** Grows when a field turns out to be wrong. */
  const [faults, setFaults] = useState(0);
  useEffect(() => {
    const wanted = faults > 0 ? '[aria-invalid="true"]' : takesFocus ? 'input:checked' : null;
    if (wanted !== null) element.current?.querySelector<HTMLElement>(wanted)?.focus();
  }, [faults, takesFocus]);
  const attempt = async (act: (read: Read) => Promise<void>) => {
    setTried(true);
    if (read === null) return setFaults(faults + 1);
    setBusy(true);
    await act(read).finally(() => setBusy(false));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy || readOnly !== null) return;
    void attempt((valid) =>
      onConnect(valid, records).catch((error: unknown) => {
        if (!(error instanceof IngotError) || error.details.field === undefined) return fail(error);
        const { field, hint = '' } = error.details;
        setRefused({ form, errors: { [field]: `${error.message} ${hint}` } });
        setFaults(faults + 1);
      }),
    );
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    void attempt(async (valid) => {
      if (await onSave(name.trim(), valid)) setName('');
    });
  };
  const change = (field: string, value: string) =>
    onChange({ ...form, values: { ...form.values, [field]: value } });
  const choose = (field: string) => {
    client
      .call('source.choose', { what: 'file' })
      .then((choice) => choice?.source.kind === 'path' && change(field, choice.source.path), fail);
  };
  return (
    <>
      <form ref={element} className={classes.form} aria-label="Connect" noValidate onSubmit={submit}>
        <Field label="Kind">
          {() => (
            <ChoiceBar
              label="Kind"
              value={form.kind}
              choices={kinds}
              onChange={(kind) => {
                setTried(false);
                onChange({ ...form, kind });
              }}
            />
          )}
        </Field>
        {fieldsOf(form).map(({ name: field, label, hint, as, placeholder, choices = [] }) => (
          <Fragment key={field}>
            <Field label={label} hint={hint} error={shown[field] ?? null}>
              {({ id, describedBy }) => {
                const value = form.values[field] ?? '';
                if (as === 'choice') {
                  return (
                    <ChoiceBar
                      label={label}
                      value={choiceOf(field, choices, form.values)}
                      choices={choices}
                      onChange={(next) => change(field, next)}
                    />
                  );
                }
                if (as === 'mapping') {
                  return <LinesSelect id={id} value={value} onChange={(next) => change(field, next)} />;
                }
                if (as === 'keys') {
                  return (
                    <textarea
                      id={id}
                      className={`${fieldClasses.input} ${classes.keys}`}
                      rows={2}
                      value={value}
                      spellCheck={false}
                      autoComplete="off"
                      aria-describedby={describedBy}
                      aria-invalid={shown[field] !== undefined}
                      onChange={(event) => change(field, event.currentTarget.value)}
                    />
                  );
                }
                return (
                  <div className={classes.line}>
                    <TextInput
                      id={id}
                      describedBy={describedBy}
                      value={value}
                      wrong={shown[field] !== undefined}
                      width={null}
                      inputMode="text"
                      {...(placeholder !== undefined && { placeholder })}
                      onChange={(next) => change(field, next)}
                    />
                    {as === 'file' && hasDialogs && (
                      <ActionButton onClick={() => choose(field)}>Choose…</ActionButton>
                    )}
                  </div>
                );
              }}
            </Field>
            {field === 'token' && <NamedSecret name={(form.values.token ?? '').trim()} />}
          </Fragment>
        ))}
        <Field
          label="Recording"
          hint={
            hasDialogs
              ? 'You choose the file. It can be ingested later with the gaps between updates as they were.'
              : 'In “recordings” of the data directory. It can be ingested later with the gaps between updates as they were.'
          }
        >
          {() => (
            <Toggle on={records} onChange={setRecords}>
              Record to a file
            </Toggle>
          )}
        </Field>
        <div className={classes.formButtons}>
          <ActionButton
            type="submit"
            tone="main"
            icon={IconPlugConnected}
            whyNot={readOnly ?? (busy ? 'It is connecting' : null)}
          >
            Connect
          </ActionButton>
          {onClose !== null && <ActionButton onClick={onClose}>Close</ActionButton>}
          <span className={classes.fill} />
          <TextInput
            form={saving}
            label="Name to save it under"
            value={name}
            width={160}
            inputMode="text"
            placeholder="Name"
            onChange={setName}
          />
          <ActionButton
            type="submit"
            form={saving}
            whyNot={name.trim() === '' ? 'Give it a name first' : null}
          >
            Save
          </ActionButton>
        </div>
      </form>
      {/* Enter in the name saves, and does not connect. */}
      <form id={saving} hidden onSubmit={save} />
    </>
  );
}

interface LinesSelectProps {
  readonly id: string;
  /** Of a mapping; empty: none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function LinesSelect({ id, value, onChange }: LinesSelectProps) {
  const { client } = useModel();
  const load = useCallback(() => client.call('mappings.list', {}), [client]);
  const { value: mappings } = useResource(load, []);
  const { saved = [], known = [] } = mappings ?? {};
  const offered = known.filter(({ lines }) => lines);
  return (
    <select
      id={id}
      className={fieldClasses.input}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">Updates of Ingot</option>
      {saved.filter(readsLines).map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
      {offered.map(({ name, title }) => (
        <option key={name} value={name}>
          {title}
        </option>
      ))}
    </select>
  );
}
