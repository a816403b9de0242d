import { type Connection, type ConnectionKind, connectionSchema } from '../../src-shared/connections';
import { type RunSettings, runSettingsSchema } from '../../src-shared/run-settings';
import { formatDelay, parseDelay } from './reading-words';

/** What a person may type for one kind of connection. */
export interface ConnectionField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** `keys`: public keys with spaces, commas or line ends between. */
  readonly as: 'text' | 'keys' | 'choice';
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
const token: ConnectionField = {
  name: 'token',
  label: 'Token',
  hint: 'The name of a secret, which is never shown or stored here. Empty: none.',
  as: 'text',
  placeholder: 'MY_TOKEN',
};
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

export const CONNECTION_FIELDS: Readonly<Record<OfferedKind, readonly ConnectionField[]>> = {
  rpc: [
    {
      name: 'rpc',
      label: 'Address',
      hint: 'Of the RPC. First all accounts are read there, then what changes is heard.',
      as: 'text',
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
    token,
    ...READING,
  ],
  yellowstone: [
    {
      name: 'address',
      label: 'Address',
      hint: 'Of the gRPC server.',
      as: 'text',
      placeholder: 'http://127.0.0.1:10000',
    },
    { name: 'owners', label: 'Programs', hint: 'All accounts that these own, up to 100.', as: 'keys' },
    accounts,
    commitment,
    token,
    ...READING,
  ],
  http: [token],
  follow: [
    {
      name: 'path',
      label: 'File',
      hint: 'A file with one update a line, which grows.',
      as: 'text',
      placeholder: '/var/log/updates.ndjson',
    },
  ],
  redis: [
    {
      name: 'address',
      label: 'Address',
      hint: 'Of the server.',
      as: 'text',
      placeholder: 'redis://127.0.0.1:6379',
    },
    { name: 'stream', label: 'Stream', hint: 'Its key.', as: 'text', placeholder: 'updates' },
    { name: 'group', label: 'Group', hint: 'Of consumers. Empty: ingot.', as: 'text', placeholder: 'ingot' },
    token,
  ],
};

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

const isSetting = ({ name }: ConnectionField) => READING.some((setting) => setting.name === name);

export function readConnection({ kind, values }: ConnectionForm): ReadConnection {
  const textOf = ({ name, choices }: ConnectionField) =>
    (values[name] ?? '').trim() || choices?.[0]?.value || '';
  const fields = CONNECTION_FIELDS[kind];
  const typed = fields
    .filter((field) => !isSetting(field))
    .flatMap((field) => {
      const { name, as } = field;
      const text = textOf(field);
      if (as === 'keys') return [[name, text.split(/[\s,]+/).filter((key) => key !== '')]];
      // A default takes the place of what is left out; a wanted address must be missed under its own name.
      return text === '' && !WANTED.has(name) ? [] : [[name, text]];
    });
  const errors: Record<string, string> = {};
  const parsed = connectionSchema.safeParse({ kind, ...Object.fromEntries(typed) });
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = String(path[0] ?? '');
    errors[name] ??= describe(values[name] ?? '', path, message);
  }
  const after = (values.callbackAfter ?? '').trim();
  const callbackTimeMs = after === '' ? undefined : parseDelay(after);
  if (callbackTimeMs === null && fields.some(isSetting))
    errors.callbackAfter = 'A time as 90 s, 5 m or 1 h 30 m.';
  if (!parsed.success || Object.keys(errors).length > 0) return { read: null, errors };
  const settings = fields.some(isSetting)
    ? {
        ...Object.fromEntries(
          READING.filter(({ as }) => as === 'choice').map((field) => [field.name, textOf(field)]),
        ),
        callbackTimeMs: callbackTimeMs ?? undefined,
      }
    : {};
  const read = {
    connection: parsed.data,
    settings: runSettingsSchema.parse({ arrival: 'none', ...settings }),
  };
  return { read, errors };
}

const WANTED: ReadonlySet<string> = new Set(['rpc', 'address', 'path', 'stream']);

function describe(text: string, [, at]: readonly PropertyKey[], message: string): string {
  if (text.trim() === '') return 'Needed.';
  const which = typeof at === 'number' ? `Number ${at + 1} ` : '';
  const sentence = `${which}${message}.`;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** The form that reads as this connection; null: it cannot be made in a window. */
export function formOfConnection(
  connection: Connection,
  { tokens, accountType, callbackTimeMs }: RunSettings,
): ConnectionForm | null {
  const kind = CONNECTION_KINDS.find((one) => one === connection.kind);
  if (kind === undefined) return null;
  const values: Record<string, string> = { tokens, accountType, callbackAfter: formatDelay(callbackTimeMs) };
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
