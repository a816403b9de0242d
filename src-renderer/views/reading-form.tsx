import { useState } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import type { WireError } from '../../src-shared/errors';
import type { Ask, Meaning, Reading, SourceReading } from '../../src-shared/mapping';
import { toPrintableText } from '../../src-shared/printable';
import { ActionButton } from '../components/action-button';
import { Field, TextInput } from '../components/field';
import fieldClasses from '../components/field.module.css';
import settingsClasses from '../components/run-settings-form.module.css';
import { DEFAULT_READING } from '../stores/reading';
import { formatDelay, isOpen, meaningInUse, parseDelay } from '../stores/reading-words';
import { MappingForm } from './mapping-form';
import classes from './reading-form.module.css';

interface ReadingFormProps {
  readonly reading: Reading;
  /** What the source was found to be, with the reading before if it is being read again. */
  readonly found: SourceReading;
  readonly refused: WireError | null;
  readonly onChange: (changes: Partial<Reading>) => void;
}

/** How a source is read that does not hold Ingot's own updates: its mapping, what it lacks, and what its fields are taken to mean. */
export function ReadingForm({ reading, found, refused, onChange }: ReadingFormProps) {
  return (
    <section aria-labelledby="preview-reading">
      <h3 id="preview-reading" className={classes.title}>
        How it is read
      </h3>
      {refused !== null && (
        <p className={classes.fault} role="alert">
          {toPrintableText(refused.message)} {toPrintableText(refused.details.hint ?? '')}
        </p>
      )}
      {found.warnings.length > 0 && (
        <ul className={classes.warnings} aria-label="Warnings">
          {found.warnings.map((warning) => (
            <li key={warning}>{toPrintableText(warning)}</li>
          ))}
        </ul>
      )}
      <div className={settingsClasses.form}>
        <MappingForm reading={reading} found={found} onChange={onChange} />
        {found.asks.map((ask) => (
          <AskField
            key={ask.name}
            ask={ask}
            answer={reading.answers[ask.name] ?? ''}
            onAnswer={(answer) => {
              const { [ask.name]: _, ...others } = reading.answers;
              onChange({ answers: answer.trim() === '' ? others : { ...others, [ask.name]: answer } });
            }}
          />
        ))}
        {found.tokens.length > 1 && (
          <Meanings
            label="Tokens"
            offered={found.tokens}
            chosen={reading.tokens}
            onChoose={(tokens) => onChange({ tokens })}
            own={DECODED_FIELD}
            write={groupDigits}
          />
        )}
        {found.accountType.length > 0 && (
          <Meanings
            label="Type"
            offered={found.accountType}
            chosen={reading.accountType}
            onChoose={(accountType) => onChange({ accountType })}
            own={CONSTANT_TYPE}
            write={toPrintableText}
          />
        )}
        {found.needsCallbackTime && (
          <CallbackTime
            callbackTimeMs={reading.callbackTimeMs}
            onChange={(callbackTimeMs) => onChange({ callbackTimeMs })}
          />
        )}
      </div>
    </section>
  );
}

interface AskFieldProps {
  readonly ask: Ask;
  readonly answer: string;
  readonly onAnswer: (answer: string) => void;
}

function AskField({ ask, answer, onAnswer }: AskFieldProps) {
  return (
    <Field label={ask.label} error={answer === '' ? null : ask.error} hint={toPrintableText(ask.hint)}>
      {({ id, describedBy }) => {
        const input = {
          id,
          'aria-describedby': describedBy,
          'aria-invalid': ask.error !== null,
          'aria-required': !ask.isOptional,
          'data-autofocus': isOpen(ask) || undefined,
          className: ask.isLong ? classes.long : fieldClasses.input,
          autoComplete: 'off',
          spellCheck: false,
          value: answer,
        };
        return ask.isLong ? (
          <textarea {...input} rows={3} onChange={({ currentTarget }) => onAnswer(currentTarget.value)} />
        ) : (
          <input {...input} onChange={({ currentTarget }) => onAnswer(currentTarget.value)} />
        );
      }}
    </Field>
  );
}

interface MeaningsProps {
  readonly label: string;
  readonly offered: readonly Meaning[];
  readonly chosen: string;
  readonly onChoose: (value: string) => void;
  /** A text of the person's own, in place of all of them. */
  readonly own: { readonly label: string; readonly prefix: string; readonly suggested: string };
  readonly write: (example: string) => string;
}

const DECODED_FIELD = { label: 'A decoded field', prefix: 'decoded:', suggested: 'amount' };
const CONSTANT_TYPE = { label: 'The same for all', prefix: '', suggested: 'account' };

/** What a field of an update is taken from, each with what it gives for the first account. */
function Meanings({ label, offered, chosen, onChoose, own, write }: MeaningsProps) {
  const inUse = meaningInUse(offered, chosen);
  const isOwn = chosen !== DEFAULT_READING.tokens && inUse !== chosen;
  const [text, setText] = useState(isOwn ? chosen.slice(own.prefix.length) : own.suggested);
  const choice = (value: string, says: string, isChosen: boolean) => (
    <label className={classes.meaning}>
      <input type="radio" name={label} checked={isChosen} onChange={() => onChoose(value)} />
      <span>{toPrintableText(says)}</span>
    </label>
  );
  return (
    <div className={fieldClasses.field}>
      <span className={fieldClasses.label}>{label}</span>
      <fieldset className={classes.meanings} aria-label={label}>
        {offered.map(({ value, label: says, example }) => (
          <div key={value} className={classes.line}>
            {choice(value, says, !isOwn && value === inUse)}
            <span className={classes.example} data-cut="text">
              {example === null ? 'not among the first' : write(example)}
            </span>
          </div>
        ))}
        <div className={classes.line}>
          {choice(own.prefix + text, own.label, isOwn)}
          <TextInput
            label={`${label}: ${own.label.toLowerCase()}`}
            value={text}
            inputMode="text"
            onChange={(typed) => {
              setText(typed);
              if (typed.trim() !== '') onChoose(own.prefix + typed.trim());
            }}
          />
        </div>
      </fieldset>
    </div>
  );
}

const DELAYS = [
  { ms: 0, label: 'At once' },
  { ms: 60_000, label: '1 m' },
] as const;
const SILENCES = [
  { ms: 300_000, label: '5 m' },
  { ms: 3_600_000, label: '1 h' },
  { ms: 86_400_000, label: '24 h' },
] as const;

interface CallbackTimeProps {
  readonly callbackTimeMs: number;
  readonly onChange: (callbackTimeMs: number) => void;
}

/** For a source whose records have none. */
function CallbackTime({ callbackTimeMs, onChange }: CallbackTimeProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const isWrong = typed !== null && parseDelay(typed) === null;
  const preset = ({ ms, label }: { readonly ms: number; readonly label: string }, name: string) => (
    <ActionButton
      key={label}
      tone="quiet"
      aria-label={name}
      aria-pressed={ms === callbackTimeMs}
      data-active={ms === callbackTimeMs || undefined}
      onClick={() => {
        setTyped(null);
        onChange(ms);
      }}
    >
      {label}
    </ActionButton>
  );
  return (
    <Field
      label="Callback after"
      error={isWrong ? 'A time as 90 s, 5 m or 1 h 30 m.' : null}
      hint="These records have no callback time. Each version gets this one, and a newer version cancels it."
    >
      {({ id, describedBy }) => (
        <>
          <div className={settingsClasses.speed}>
            <TextInput
              id={id}
              describedBy={describedBy}
              value={typed ?? formatDelay(callbackTimeMs)}
              wrong={isWrong}
              inputMode="text"
              width={96}
              onChange={(text) => {
                setTyped(text);
                const ms = parseDelay(text);
                if (ms !== null) onChange(ms);
              }}
            />
            {DELAYS.map((one) => preset(one, one.label))}
          </div>
          <div className={classes.alarm}>
            Alarm when an account was not updated for
            {SILENCES.map((one) => preset(one, `Alarm when an account was not updated for ${one.label}`))}
          </div>
        </>
      )}
    </Field>
  );
}
