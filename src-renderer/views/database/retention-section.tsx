import { useState } from 'react';
import {
  describeRetention,
  formatAge,
  formatSize,
  KEEP_ALL,
  LEAST_AGE_MS,
  LEAST_SIZE_BYTES,
  parseAge,
  parseSize,
  type RetentionInfo,
  type RetentionSettings,
} from '../../../src-shared/retention';
import { useModel, usePreference, useReadOnly } from '../../bindings/window-context';
import { ActionButton } from '../../components/action-button';
import { confirmAction } from '../../components/confirm-action';
import { Field, TextInput } from '../../components/field';
import { RetentionNote, useRetention } from '../../components/retention-note';
import { formatBytes } from '../../format/integers';
import { formatSecond } from '../../format/times';
import classes from './database-view.module.css';

/** How long the history is kept. */
export function RetentionSection() {
  const { value: info, error, reload } = useRetention();
  return (
    <section className={classes.section} aria-labelledby="database-retention">
      <h2 id="database-retention">Retention</h2>
      {info === null && error !== null && <p className={classes.text}>{error.message}</p>}
      {info !== null && (
        <>
          <p className={classes.text}>
            {describeRetention(info)} The latest state of each account always stays, and so does what came
            within the last hour. The tables take {formatBytes(info.tableBytes)}.
          </p>
          {info.heldBy !== null && <p className={classes.text}>{info.heldBy}</p>}
          <RetentionNote className={classes.text} />
          <Limits key={JSON.stringify([info.ageMs, info.sizeBytes])} info={info} onSet={reload} />
        </>
      )}
    </section>
  );
}

function Limits({ info, onSet }: { readonly info: RetentionInfo; readonly onSet: () => void }) {
  const { client, clock, fail, messages } = useModel();
  const zone = usePreference('timeZone');
  const readOnly = useReadOnly();
  const [age, setAge] = useState(info.ageMs === null ? '' : formatAge(info.ageMs));
  const [size, setSize] = useState(info.sizeBytes === null ? '' : formatSize(info.sizeBytes));
  const ageMs = age.trim() === '' ? null : parseAge(age);
  const sizeBytes = size.trim() === '' ? null : parseSize(size);
  const wrongAge = age.trim() !== '' && (ageMs === null || ageMs < LEAST_AGE_MS);
  const wrongSize = size.trim() !== '' && (sizeBytes === null || sizeBytes < LEAST_SIZE_BYTES);
  const wanted: RetentionSettings = { ageMs, sizeBytes };
  const isOff = ageMs === null && sizeBytes === null;
  const isSame = ageMs === info.ageMs && sizeBytes === info.sizeBytes;
  const set = (settings: RetentionSettings) =>
    client.call('retention.set', settings).then(() => {
      messages.emit({ level: 'success', text: describeRetention(settings) });
      onSet();
    }, fail);
  const ask = () => {
    if (isOff) return void set(KEEP_ALL);
    const before = ageMs === null ? '' : `That is back to ${formatSecond(clock.nowMs() - ageMs, zone)} now. `;
    confirmAction({
      title: 'Remove older history?',
      text: `${describeRetention(wanted)} ${before}Older versions of accounts are removed for good, with their settled callbacks and rejects. The latest state of each account stays.`,
      confirm: 'Remove older history',
      onConfirm: () => void set(wanted),
    });
  };
  const whyNot =
    readOnly ??
    (wrongAge
      ? 'Write an age such as 12h, 7d or 4w'
      : wrongSize
        ? 'Write a size such as 500MB or 10GB'
        : isSame
          ? 'This is how it is set'
          : null);
  return (
    <div className={classes.limits}>
      <Field
        label="Keep for"
        hint="Such as 12h, 7d or 4w; an hour or more. Empty: all."
        error={wrongAge ? 'Write an age such as 12h, 7d or 4w; an hour or more.' : null}
      >
        {({ id, describedBy }) => (
          <TextInput
            id={id}
            describedBy={describedBy}
            value={age}
            wrong={wrongAge}
            onChange={setAge}
            inputMode="text"
            placeholder="7d"
          />
        )}
      </Field>
      <Field
        label="Size at most"
        hint="Of the tables, such as 500MB or 10GB; 64 MB or more. Empty: no limit."
        error={wrongSize ? 'Write a size such as 500MB or 10GB; 64 MB or more.' : null}
      >
        {({ id, describedBy }) => (
          <TextInput
            id={id}
            describedBy={describedBy}
            value={size}
            wrong={wrongSize}
            onChange={setSize}
            inputMode="text"
            placeholder="10GB"
          />
        )}
      </Field>
      <div className={classes.actions}>
        <ActionButton tone={isOff ? 'plain' : 'danger'} whyNot={whyNot} onClick={ask}>
          {isOff && !isSame ? 'Keep all' : 'Limit history…'}
        </ActionButton>
      </div>
    </div>
  );
}
