import { IconDeviceFloppy, IconPencil, IconTrash } from '@tabler/icons-react';
import { useCallback, useId, useState } from 'react';
import {
  type KnownFormat,
  MAPPED_FIELDS,
  type MappedField,
  type Mapping,
  mappingNameSchema,
  type Reading,
  type SourceReading,
} from '../../src-shared/mapping';
import { useResource } from '../bindings/use-resource';
import { useModel } from '../bindings/window-context';
import { ActionButton } from '../components/action-button';
import { confirmAction } from '../components/confirm-action';
import { Field, TextInput } from '../components/field';
import fieldClasses from '../components/field.module.css';
import {
  closedExample,
  exampleOf,
  type FieldRow,
  isSameMapping,
  rowsOf,
  withField,
} from '../stores/mapping-form';
import classes from './mapping-form.module.css';
import { ClosedLine, FIELD_NAMES, FieldLine, SkipLines } from './mapping-lines';

interface MappingFormProps {
  readonly reading: Reading;
  readonly found: SourceReading;
  readonly onChange: (changes: Partial<Reading>) => void;
}

/** Which mapping reads the source: the recognised one, a saved one, another known one, or one that a person makes here. */
export function MappingForm({ reading, found, onChange }: MappingFormProps) {
  const { client, fail } = useModel();
  const load = useCallback(() => client.call('mappings.list', {}), [client]);
  const { value: mappings, reload } = useResource(load, []);
  const own = typeof reading.mapping === 'object' ? reading.mapping : null;
  // A run keeps the mapping itself, not only its name.
  const same = own && mappings?.saved.find((each) => isSameMapping(each, own));
  const mapping = same?.name ?? reading.mapping;
  const isEdited = typeof mapping === 'object' && mapping !== null;
  const edited = own ?? found.mapping;
  const saved = mappings?.saved.find(({ name }) => name === mapping);

  const save = async (name: string) => {
    try {
      await client.call('mappings.save', { mapping: { ...edited, name } });
      reload();
      onChange({ mapping: name });
    } catch (error) {
      fail(error);
    }
  };
  const remove = (name: string) =>
    confirmAction({
      title: `Delete the mapping ${name}?`,
      text: 'Runs that used it keep what they read.',
      confirm: 'Delete mapping',
      onConfirm: () => {
        client.call('mappings.delete', { name }).then(() => {
          reload();
          // Nothing of what was chosen is lost with its name.
          onChange({ mapping: found.mapping });
        }, fail);
      },
    });
  return (
    <>
      <Field label="Read as">
        {({ id }) => (
          <div className={classes.line}>
            <MappingSelect
              id={id}
              chosen={isEdited ? OWN : typeof mapping === 'string' ? mapping : RECOGNISED}
              recognised={mapping === null ? (found.format?.title ?? null) : null}
              known={mappings?.known ?? []}
              saved={mappings?.saved ?? []}
              onChoose={(chosen) =>
                onChange({
                  mapping: chosen === OWN ? found.mapping : chosen === RECOGNISED ? null : chosen,
                  answers: {},
                })
              }
            />
            {!isEdited && (
              <ActionButton
                tone="quiet"
                icon={IconPencil}
                aria-label="Change its fields"
                data-tip="Change its fields"
                onClick={() => onChange({ mapping: found.mapping })}
              />
            )}
            {saved && (
              <ActionButton
                tone="quiet"
                icon={IconTrash}
                aria-label={`Delete the mapping ${saved.name}`}
                data-tip="Delete this mapping"
                onClick={() => remove(saved.name)}
              />
            )}
          </div>
        )}
      </Field>
      {isEdited && (
        <Editor
          mapping={edited}
          found={found}
          onChange={(next) => onChange({ mapping: next })}
          onSave={(name) => void save(name)}
        />
      )}
    </>
  );
}

/** No names of mappings: these begin with a letter. */
const RECOGNISED = '';
const OWN = '*';

interface MappingSelectProps {
  readonly id: string;
  readonly chosen: string;
  /** Null: it is read by another mapping. */
  readonly recognised: string | null;
  readonly known: readonly KnownFormat[];
  readonly saved: readonly Mapping[];
  readonly onChoose: (chosen: string) => void;
}

function MappingSelect({ id, chosen, recognised, known, saved, onChoose }: MappingSelectProps) {
  return (
    <select
      id={id}
      className={`${fieldClasses.input} ${classes.wide}`}
      value={chosen}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    >
      <option value={RECOGNISED}>
        {recognised === null ? 'What it is recognised as' : `Recognised: ${recognised}`}
      </option>
      <option value={OWN}>A mapping of my own, by the fields below</option>
      {saved.length > 0 && (
        <optgroup label="Saved">
          {saved.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </optgroup>
      )}
      <optgroup label="Known">
        {known.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </optgroup>
    </select>
  );
}

interface EditorProps {
  readonly mapping: Mapping;
  readonly found: SourceReading;
  readonly onChange: (mapping: Mapping) => void;
  readonly onSave: (name: string) => void;
}

/** Shown even if they have no source yet. */
const NEEDED: readonly MappedField[] = ['id', 'slot', 'version'];

function Editor({ mapping, found, onChange, onSave }: EditorProps) {
  const [added, setAdded] = useState<readonly MappedField[]>([]);
  const [name, setName] = useState('');
  const paths = useId();
  const around = useId();
  const rows = rowsOf(mapping);
  const isShown = ({ field, origin }: FieldRow) =>
    origin !== 'none' || NEEDED.includes(field) || added.includes(field);
  const lists = [null, ...found.lists];
  if (!lists.includes(mapping.list)) lists.push(mapping.list);
  const nameFault =
    name === '' ? null : (mappingNameSchema.safeParse(name).error?.issues[0]?.message ?? null);
  return (
    <>
      <Field label="Its list">
        {({ id }) => (
          <select
            id={id}
            className={`${fieldClasses.input} ${classes.wide}`}
            value={lists.indexOf(mapping.list)}
            onChange={({ currentTarget }) =>
              onChange({ ...mapping, list: lists[currentTarget.selectedIndex] ?? null })
            }
          >
            {lists.map((list, at) => (
              <option key={list} value={at}>
                {list === null
                  ? 'none: each document is a record'
                  : list === ''
                    ? 'the whole document'
                    : list}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className={classes.rows}>
        {rows.filter(isShown).map((row) => (
          <FieldLine
            key={row.field}
            row={row}
            example={exampleOf(row, found)}
            suggestions={row.origin === 'path' ? paths : row.origin === 'around' ? around : undefined}
            onChange={(next) => onChange(withField(mapping, next))}
          />
        ))}
        <select
          className={`${fieldClasses.input} ${classes.another}`}
          aria-label="Another field"
          value=""
          onChange={({ currentTarget }) => {
            const field = MAPPED_FIELDS.find((each) => each === currentTarget.value);
            if (field) setAdded([...added, field]);
          }}
        >
          <option value="">Another field…</option>
          {rows
            .filter((row) => !isShown(row))
            .map(({ field }) => (
              <option key={field} value={field}>
                {FIELD_NAMES[field]}
              </option>
            ))}
        </select>
        {(mapping.fields.lamports !== undefined || mapping.closed !== null) && (
          <ClosedLine
            closed={mapping.closed}
            example={closedExample(mapping.closed ?? '', found)}
            suggestions={paths}
            onChange={(closed) => onChange({ ...mapping, closed })}
          />
        )}
        <SkipLines
          mapping={mapping}
          skipped={found.skipped}
          suggestions={paths}
          onChange={(skip) => onChange({ ...mapping, skip })}
        />
      </div>
      <Suggestions id={paths} of={found.fields} />
      <Suggestions id={around} of={found.around} />
      <Field
        label="Save it as"
        error={nameFault}
        hint="Offered for every source from then on, and by --mapping."
      >
        {({ id, describedBy }) => (
          <form
            className={classes.line}
            onSubmit={(event) => {
              event.preventDefault();
              if (name !== '' && nameFault === null) onSave(name);
            }}
          >
            <TextInput
              id={id}
              describedBy={describedBy}
              value={name}
              wrong={nameFault !== null}
              inputMode="text"
              width={200}
              onChange={setName}
            />
            <ActionButton
              icon={IconDeviceFloppy}
              whyNot={name === '' ? 'Give it a name first' : nameFault}
              type="submit"
            >
              Save mapping
            </ActionButton>
          </form>
        )}
      </Field>
    </>
  );
}

function Suggestions({ id, of }: { readonly id: string; readonly of: SourceReading['fields'] }) {
  return (
    <datalist id={id}>
      {of.map(({ path, kinds, examples }) => (
        <option key={path} value={path} label={`${path} · ${examples[0] ?? kinds.join(', ')}`} />
      ))}
    </datalist>
  );
}
