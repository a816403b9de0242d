import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { groupDigits } from '../../src-shared/amounts';
import type { MappedField, Mapping, SourceReading } from '../../src-shared/mapping';
import { toPrintableText } from '../../src-shared/printable';
import { ActionButton } from '../components/action-button';
import { TextInput } from '../components/field';
import fieldClasses from '../components/field.module.css';
import {
  decodingsFor,
  type FieldRow,
  ORIGINS,
  type Origin,
  type SkipRow,
  skipOf,
  skipRowsOf,
} from '../stores/mapping-form';
import classes from './mapping-form.module.css';

/** For a person. */
export const FIELD_NAMES: Readonly<Record<MappedField, string>> = {
  id: 'Account',
  slot: 'Slot',
  version: 'Write version',
  signature: 'Signature',
  lamports: 'Lamports',
  owner: 'Owner',
  executable: 'Executable',
  rentEpoch: 'Rent epoch',
  space: 'Space',
  data: 'Data',
  accountType: 'Type',
  tokens: 'Tokens',
  callbackTimeMs: 'Callback time',
  arrivalMs: 'Arrival',
};
const ORIGIN_NAMES: Readonly<Record<Origin, string>> = {
  none: 'not there',
  path: 'field',
  around: 'around list',
  constant: 'constant',
  key: 'its name',
  ask: 'I am asked',
  subscription: 'subscription',
  several: 'several places',
};

const NO_VALUE: readonly Origin[] = ['none', 'key', 'several'];

interface FieldLineProps {
  readonly row: FieldRow;
  readonly example: string | null;
  readonly suggestions: string | undefined;
  readonly onChange: (row: FieldRow) => void;
}

export function FieldLine({ row, example, suggestions, onChange }: FieldLineProps) {
  const name = FIELD_NAMES[row.field];
  const decodings = decodingsFor(row.decode);
  const origins = row.places === null ? ORIGINS : (['several', ...ORIGINS] as const);
  const hasValue = !NO_VALUE.includes(row.origin);
  return (
    <fieldset className={classes.row} aria-label={name}>
      <span className={classes.name}>{name}</span>
      <select
        className={fieldClasses.input}
        aria-label={`${name}: taken from`}
        value={row.origin}
        onChange={({ currentTarget }) => {
          const origin = origins[currentTarget.selectedIndex] ?? 'none';
          onChange({ ...row, origin, value: origin === 'ask' ? row.field : row.value });
        }}
      >
        {origins.map((origin) => (
          <option key={origin} value={origin}>
            {ORIGIN_NAMES[origin]}
          </option>
        ))}
      </select>
      {hasValue && (
        <TextInput
          label={`${name}: ${ORIGIN_NAMES[row.origin]}`}
          value={row.value}
          inputMode="text"
          width={null}
          {...(suggestions === undefined ? {} : { list: suggestions })}
          onChange={(value) => onChange({ ...row, value })}
        />
      )}
      {row.origin === 'path' && (
        <select
          className={fieldClasses.input}
          aria-label={`${name}: decoded by`}
          value={row.decode.join()}
          onChange={({ currentTarget }) =>
            onChange({ ...row, decode: decodings[currentTarget.selectedIndex] ?? [] })
          }
        >
          {decodings.map((decode) => (
            <option key={decode.join()} value={decode.join()}>
              {decode.length === 0 ? 'as it is' : decode.join(', then ')}
            </option>
          ))}
        </select>
      )}
      {example !== null && row.origin !== 'constant' && <Example>{example}</Example>}
    </fieldset>
  );
}

interface ClosedLineProps {
  readonly closed: string | null;
  readonly example: string | null;
  readonly suggestions: string;
  readonly onChange: (closed: string | null) => void;
}

const CLOSED_BY = ['not said', 'null field', 'null record'] as const;

/** Where a record says that its account was closed. Only accounts of the chain can be. */
export function ClosedLine({ closed, example, suggestions, onChange }: ClosedLineProps) {
  const [wantsField, setWantsField] = useState(false);
  const isField = closed === null ? wantsField : closed !== '';
  const by = isField ? 'null field' : closed === null ? 'not said' : 'null record';
  return (
    <fieldset className={classes.row} aria-label="Closed">
      <span className={classes.name}>Closed</span>
      <select
        className={fieldClasses.input}
        aria-label="Closed: said by"
        value={by}
        onChange={({ currentTarget: { value } }) => {
          setWantsField(value === 'null field');
          onChange(value === 'null record' ? '' : null);
        }}
      >
        {CLOSED_BY.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      {isField && (
        <TextInput
          label="Closed: null field"
          value={closed ?? ''}
          inputMode="text"
          width={null}
          list={suggestions}
          onChange={(path) => onChange(path === '' ? null : path)}
        />
      )}
      {isField && example !== null && <Example>{example}</Example>}
    </fieldset>
  );
}

interface SkipLinesProps {
  readonly mapping: Mapping;
  readonly skipped: SourceReading['skipped'];
  readonly suggestions: string;
  readonly onChange: (skip: Mapping['skip']) => void;
}

/** What is no update, such as a ping: it is counted under its name. */
export function SkipLines({ mapping, skipped, suggestions, onChange }: SkipLinesProps) {
  const [typed, setTyped] = useState<readonly SkipRow[]>([]);
  const rows = skipRowsOf(mapping, typed);
  const write = (next: readonly SkipRow[]) => {
    setTyped(next);
    onChange(skipOf(next));
  };
  return (
    <>
      {rows.map(({ name, test }, at) => {
        const records = skipped.find((each) => each.name === name)?.records ?? 0;
        const change = (changes: Partial<SkipRow>) =>
          write(rows.map((row, place) => (place === at ? { ...row, ...changes } : row)));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row has no other identity while it is typed.
          <fieldset key={at} className={classes.row} aria-label={`No update ${at + 1}`}>
            <span className={classes.name}>No update</span>
            <TextInput
              label={`No update ${at + 1}: its name`}
              value={name}
              placeholder="ping"
              inputMode="text"
              width={null}
              onChange={(next) => change({ name: next })}
            />
            <TextInput
              label={`No update ${at + 1}: a field that it has, or field=text`}
              value={test}
              placeholder="field, or field=text"
              inputMode="text"
              width={null}
              list={suggestions}
              onChange={(next) => change({ test: next })}
            />
            <ActionButton
              tone="quiet"
              icon={IconTrash}
              aria-label={`Delete no update ${at + 1}`}
              data-tip="These are updates"
              onClick={() => write(rows.filter((_, place) => place !== at))}
            />
            {name && test && (
              <Example>
                {records === 0 ? 'none of the first records' : `${groupDigits(records)} of the first records`}
              </Example>
            )}
          </fieldset>
        );
      })}
      <div className={classes.another}>
        <ActionButton onClick={() => write([...rows, { name: '', test: '' }])}>
          Pass over what is no update…
        </ActionButton>
      </div>
    </>
  );
}

const Example = ({ children }: { readonly children: string }) => (
  <code className={classes.example} data-cut="text">
    {toPrintableText(children)}
  </code>
);
