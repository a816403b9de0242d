import { type Connection, type ConnectionKind, connectionSchema } from '../../src-shared/connections';
import { type RunSettings, runSettingsSchema } from '../../src-shared/run-settings';
import { formatDelay, parseDelay } from './reading-words';

/** What a person may type for one kind of connection. */
export interface ConnectionField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** `keys`: public keys with spaces, commas or line ends between. */
  readonly as: 'text' | 'file' | 'keys' | 'choice' | 'mapping';
  /** Otherwise it may be empty. */
  readonly isNeeded?: boolean;
  /** Of a choice; the first is the usual one. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly placeholder?: string;
}

const commitment: ConnectionField = {
  name: 'commitment',
  label: 'Commitment',
  hint: 'Processed is the earliest, and may be taken back; finalized never is.',
  as: 'choice',
  choices: [
    { value: 'confirmed', label: 'Confirmed' },
    { value: 'processed', label: 'Processed' },
    { value: 'finalized', label: 'Finalized' },
  ],
};
const tokenOf = (what: string, isNeeded = false): ConnectionField => ({
  name: 'token',
  label: 'Token',
  hint: `The name of the secret ${what}${isNeeded ? '' : ' Empty: none.'}`,
  as: 'text',
  isNeeded,
  placeholder: 'MY_TOKEN',
});
const accounts: ConnectionField = {
  name: 'accounts',
  label: 'Accounts',
  hint: 'Public keys of single accounts, up to 100.',
  as: 'keys',
};

/** What becomes of an account of the chain. They are settings of the run. */
const READING: readonly ConnectionField[] = [
  {
    name: 'tokens',
    label: 'Tokens',
    hint: 'What an account’s tokens are taken to be.',
    as: 'choice',
    choices: [
      { value: 'lamports', label: 'Lamports' },
      { value: 'amount', label: 'Token amount' },
      { value: 'supply', label: 'Supply of a mint' },
    ],
  },
  {
    name: 'accountType',
    label: 'Type',
    hint: 'What an account’s type is taken to be.',
    as: 'choice',
    choices: [
      { value: 'owner', label: 'Owner program' },
      { value: 'mint', label: 'Mint' },
      { value: 'parsed', label: 'Kind of account' },
    ],
  },
  {
    name: 'callbackAfter',
    label: 'Callback after',
    hint: 'Each version gets this time, and a newer version cancels it.',
    as: 'text',
    placeholder: '1 m',
  },
];

/** What a line is, of sources of lines. */
const LINES: ConnectionField = {
  name: 'mapping',
  label: 'Lines',
  hint: 'What a line holds: an update, or what a known or saved mapping reads.',
  as: 'mapping',
};

/** The same where a mapping says it, unless a person chooses. */
const MAPPED_READING = READING.map((field) =>
  field.choices === undefined
    ? field
    : { ...field, choices: [{ value: 'source', label: 'As mapped' }, ...field.choices] },
);

/** Standard input is not among them: a window has none. */
export const CONNECTION_KINDS = [
  'rpc',
  'yellowstone',
  'http',
  'follow',
  'redis',
] as const satisfies readonly ConnectionKind[];
export type OfferedKind = (typeof CONNECTION_KINDS)[number];
export const KIND_NAMES: Readonly<Record<ConnectionKind, string>> = {
  rpc: 'RPC',
  yellowstone: 'Yellowstone',
  http: 'HTTP',
  follow: 'File',
  stdin: 'Standard input',
  redis: 'Redis',
};

const CONNECTION_FIELDS: Readonly<Record<OfferedKind, readonly ConnectionField[]>> = {
  rpc: [
    {
      name: 'rpc',
      label: 'Address',
      hint: 'Of the RPC. First all accounts are read there, then what changes is heard.',
      as: 'text',
      isNeeded: true,
      placeholder: 'http://127.0.0.1:8899',
    },
    {
      name: 'subscriptions',
      label: 'WebSocket',
      hint: 'Empty: the usual address beside the RPC.',
      as: 'text',
      placeholder: 'ws://127.0.0.1:8900',
    },
    { name: 'programs', label: 'Programs', hint: 'All accounts that these own, up to 100.', as: 'keys' },
    accounts,
    commitment,
    tokenOf('that stands for {token} in an address.'),
    ...READING,
  ],
  yellowstone: [
    {
      name: 'address',
      label: 'Address',
      hint: 'Of the gRPC server.',
      as: 'text',
      isNeeded: true,
      placeholder: 'http://127.0.0.1:10000',
    },
    {
      name: 'owners',
      label: 'Programs',
      hint: 'All accounts that these own, up to 100. Without programs and accounts, every account is sent.',
      as: 'keys',
    },
    accounts,
    commitment,
    tokenOf('that is sent as x-token.'),
    ...READING,
  ],
  http: [tokenOf('that programs show when they post updates.', true), LINES],
  follow: [
    {
      name: 'path',
      label: 'Path',
      hint: 'It has one update a line, and grows.',
      as: 'file',
      isNeeded: true,
      placeholder: '/var/log/updates.ndjson',
    },
    LINES,
  ],
  redis: [
    {
      name: 'address',
      label: 'Address',
      hint: 'Of the server.',
      as: 'text',
      isNeeded: true,
      placeholder: 'redis://127.0.0.1:6379',
    },
    {
      name: 'stream',
      label: 'Stream',
      hint: 'The key of the stream.',
      as: 'text',
      isNeeded: true,
      placeholder: 'updates',
    },
    {
      name: 'group',
      label: 'Group',
      hint: 'The consumer group, which nothing else may read by. Empty: ingot.',
      as: 'text',
      placeholder: 'ingot',
    },
    tokenOf('that is the password.'),
    LINES,
  ],
};

/** What the form asks for. */
export const fieldsOf = ({ kind, values }: ConnectionForm): readonly ConnectionField[] =>
  CONNECTION_FIELDS[kind].includes(LINES) && values.mapping
    ? [...CONNECTION_FIELDS[kind], ...MAPPED_READING]
    : CONNECTION_FIELDS[kind];

/** The one in use: what was typed for another kind may be none of these. */
export const choiceOf = (
  name: string,
  choices: NonNullable<ConnectionField['choices']>,
  values: ConnectionForm['values'],
) => choices.find(({ value }) => value === values[name])?.value ?? choices[0]?.value ?? '';

/** The fields of every kind as typed text, so that another kind keeps what was typed. */
export interface ConnectionForm {
  readonly kind: OfferedKind;
  readonly values: Readonly<Record<string, string>>;
}

export const EMPTY_CONNECTION: ConnectionForm = { kind: 'rpc', values: {} };

export interface ReadConnection {
  /** Null while a field is invalid. */
  readonly read: { readonly connection: Connection; readonly settings: RunSettings } | null;
  readonly errors: Readonly<Record<string, string>>;
}

const isSetting = ({ name }: ConnectionField) =>
  name === LINES.name || READING.some((setting) => setting.name === name);

export function readConnection(form: ConnectionForm): ReadConnection {
  const { kind, values } = form;
  const textOf = (field: ConnectionField) =>
    field.as === 'choice'
      ? choiceOf(field.name, field.choices ?? [], values)
      : (values[field.name] ?? '').trim();
  const fields = fieldsOf(form);
  const typed = fields
    .filter((field) => !isSetting(field))
    .flatMap((field) => {
      const { name, as, isNeeded } = field;
      const text = textOf(field);
      if (as === 'keys') return [[name, text.split(/[\s,]+/).filter((key) => key !== '')]];
      // A default takes the place of what is left out; what is needed must be missed under its own name.
      return text === '' && !isNeeded ? [] : [[name, text]];
    });
  const errors: Record<string, string> = {};
  const parsed = connectionSchema.safeParse({ kind, ...Object.fromEntries(typed) });
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0] ?? '');
    errors[name] ??= describe(values[name] ?? '', path, message);
  }
  const hasKeys = typed.some(([, value]) => Array.isArray(value) && value.length > 0);
  if (kind === 'rpc' && !hasKeys) errors.programs = 'Name a program or an account.';
  const settings = fields.filter(isSetting);
  const after = settings.some(({ name }) => name === 'callbackAfter')
    ? (values.callbackAfter ?? '').trim()
    : '';
  const callbackTimeMs = after === '' ? undefined : parseDelay(after);
  if (callbackTimeMs === null) errors.callbackAfter = 'A time as 90 s, 5 m or 1 h 30 m.';
  if (!parsed.success || Object.keys(errors).length > 0) return { read: null, errors };
  const chosen = settings.flatMap((field) =>
    field.as === 'text' ? [] : [[field.name, textOf(field) || null]],
  );
  const read = {
    connection: parsed.data,
    settings: runSettingsSchema.parse({
      arrival: 'none',
      ...Object.fromEntries(chosen),
      callbackTimeMs: callbackTimeMs ?? undefined,
    }),
  };
  return { read, errors };
}

function describe(text: string, [, at]: readonly PropertyKey[], message: string): string {
  if (text.trim() === '') return 'Needed.';
  const which = typeof at === 'number' ? `Number ${at + 1} ` : '';
  const sentence = `${which}${message}.`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** The form that reads as this connection; null: it cannot be made in a window. */
export function formOfConnection(
  connection: Connection,
  { mapping, tokens, accountType, callbackTimeMs }: RunSettings,
): ConnectionForm | null {
  const kind = CONNECTION_KINDS.find((one) => one === connection.kind);
  if (kind === undefined) return null;
  const values: Record<string, string> = { tokens, accountType, callbackAfter: formatDelay(callbackTimeMs) };
  if (mapping !== null) values.mapping = typeof mapping === 'string' ? mapping : mapping.name;
  for (const [name, value] of Object.entries(connection)) {
    if (name === 'kind' || value === null) continue;
    values[name] = Array.isArray(value) ? value.join('\n') : value;
  }
  return { kind, values };
}

/** Where it leads, for a person. */
export function addressOfConnection(connection: Connection): string {
  switch (connection.kind) {
    case 'rpc':
      return connection.rpc;
    case 'yellowstone':
      return connection.address;
    case 'redis':
      return `${connection.address} ${connection.stream}`;
    case 'follow':
      return connection.path;
    case 'http':
      return 'POST /api/updates';
    case 'stdin':
      return 'standard input';
  }
}
