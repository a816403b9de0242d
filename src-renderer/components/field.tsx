import { type ReactNode, type Ref, useId } from 'react';
import classes from './field.module.css';

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  readonly children: (ids: { readonly id: string; readonly describedBy: string | undefined }) => ReactNode;
}

export function Field({ label, hint, error = null, children }: FieldProps) {
  const id = useId();
  const said = error ?? hint;
  return (
    <div className={classes.field}>
      <label htmlFor={id} className={classes.label}>
        {label}
      </label>
      <div className={classes.control}>
        {children({ id, describedBy: said === undefined || said === null ? undefined : `${id}-said` })}
        {said !== undefined && said !== null && (
          <p id={`${id}-said`} className={error === null ? classes.hint : classes.error}>
            {said}
          </p>
        )}
      </div>
    </div>
  );
}

interface TextInputProps {
  readonly id?: string;
  /** Without a label of its own. */
  readonly label?: string;
  readonly describedBy?: string | undefined;
  readonly value: string;
  readonly wrong?: boolean;
  readonly onChange: (value: string) => void;
  /** In pixels; null: as wide as there is room. */
  readonly width?: number | null;
  readonly placeholder?: string;
  /** Of digits, mostly. */
  readonly inputMode?: 'decimal' | 'text';
  /** The id of its form, if it is not within it. */
  readonly form?: string;
  /** The id of a list of suggestions. */
  readonly list?: string;
  readonly ref?: Ref<HTMLInputElement>;
}

export function TextInput({
  label,
  describedBy,
  wrong = false,
  onChange,
  width = 144,
  inputMode = 'decimal',
  ...rest
}: TextInputProps) {
  return (
    <input
      {...rest}
      className={classes.input}
      style={{ width: width ?? '100%' }}
      inputMode={inputMode}
      autoComplete="off"
      spellCheck={false}
      aria-label={label}
      aria-describedby={describedBy}
      aria-invalid={wrong}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

export function ChoiceBar<Value extends string>({ label, value, choices, onChange }: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset className={classes.choices} aria-label={label}>
      {choices.map((choice) => (
        <label key={choice.value} className={classes.choice}>
          <input
            type="radio"
            name={name}
            className="visually-hidden"
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
