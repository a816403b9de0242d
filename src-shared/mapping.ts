import { z } from 'zod';

/** Where a format keeps its list and fields: what is needed to read account updates out of it. */

/** Of a mapping that ships with Ingot, or that a person saved. */
export const mappingNameSchema = z
  .string()
  .regex(
    /^[a-zA-Z][\w-]{0,63}$/,
    'must be up to 64 letters, digits, hyphens and underscores, a letter first',
  );

/**
 * Names with dots between them, such as `result.context.slot`; `data.0` is the first element of a list, `a|b` whichever is there. Empty:
 * the value itself.
 */
const pathSchema = z.string().max(512);
/** A path where something must be; `path=text`: this text, number or word. */
const testSchema = z.string().min(1).max(512);

export const DECODINGS = ['base58', 'base64', 'hex', 'bytes', 'zstd'] as const;
/** `hex` may begin with `\x` or `0x`; `bytes` is a list of numbers, or base64 of a `Buffer` as JSON. Applied one after the other. */
export type Decoding = (typeof DECODINGS)[number];

const decodeSchema = z.array(z.enum(DECODINGS)).max(4);
const oneSourceSchema = z.union([
  /** Short for a path in the record. */
  pathSchema,
  z.strictObject({ path: pathSchema, decode: decodeSchema.exactOptional() }),
  /** Outside the list, before or after it. */
  z.strictObject({ around: pathSchema }),
  z.strictObject({ constant: z.string().max(1024) }),
  /** The name under which the record stands: the list is an object. */
  z.strictObject({ key: z.literal(true) }),
  /** The source does not have it. `keys`: one for each record in its order; `key` and others: the same for all. */
  z.strictObject({ ask: z.string().max(64) }),
  /** A subscription's number at this path in a record: the key is in the request of that subscription, in the same source. */
  z.strictObject({ subscription: pathSchema }),
]);
export type OneSource = z.infer<typeof oneSourceSchema>;
/** Of several, the first that has something. */
const fieldSourceSchema = z.union([oneSourceSchema, z.array(oneSourceSchema).min(1).max(8)]);

/** The fields of an account on the chain, and those that only Ingot's own updates have. */
export const MAPPED_FIELDS = [
  'id',
  'slot',
  'version',
  'signature',
  'lamports',
  'owner',
  'executable',
  'rentEpoch',
  'space',
  'data',
  'accountType',
  'tokens',
  'callbackTimeMs',
  'arrivalMs',
] as const;
export type MappedField = (typeof MAPPED_FIELDS)[number];

export const mappingSchema = z.strictObject({
  name: mappingNameSchema,
  /** For a person: `Answer of getProgramAccounts`. */
  title: z.string().max(200).default(''),
  /** Its public description. */
  url: z.string().max(2048).nullable().default(null),
  container: z.enum(['json', 'csv', 'protobuf']).default('json'),
  /**
   * The list, or the object of named records, in each document of the source. Null: each document is a record. A document is one JSON
   * value; in an array around all, each element is one.
   */
  list: pathSchema.nullable().default(null),
  /** `null` at this path of a record says that the account was closed. */
  closed: pathSchema.nullable().default(null),
  /** Lines may begin with the prompts of wscat, and what is no JSON between them is passed over. */
  prompts: z.boolean().default(false),
  /**
   * An account of the chain has `lamports` and `owner`; other records need `accountType` and `tokens`. None: the records are Ingot's own
   * updates.
   */
  fields: z.partialRecord(z.enum(MAPPED_FIELDS), fieldSourceSchema),
  /** What a record is if it is no update, by the first test that it meets. It is counted under this name. */
  skip: z.record(z.string().min(1).max(64), testSchema).default({}),
  /** A record that meets the test says that a slot died. */
  dead: z.strictObject({ test: testSchema, slot: pathSchema }).nullable().default(null),
});
export type Mapping = z.infer<typeof mappingSchema>;
export type MappingInput = z.input<typeof mappingSchema>;

const MEANINGS_OF_TOKENS = ['source', 'lamports', 'amount', 'supply'] as const;

/** How a source that is not Ingot's own is read. Settings of a run. */
export const readingShape = {
  /** Of a known or saved mapping, or the mapping itself; null: recognised. */
  mapping: z.union([mappingNameSchema, mappingSchema]).nullable().default(null),
  /** `source`: as the source says; an account on the chain has no tokens, so its lamports. `decoded:PATH`: a decoded field. */
  tokens: z
    .union([
      z.enum(MEANINGS_OF_TOKENS),
      z
        .string()
        .max(256)
        .regex(/^decoded:./),
    ])
    .default('source'),
  /** `source`: as the source says, otherwise the owner. Any other text is the type of all. */
  accountType: z
    .union([z.enum(['source', 'owner', 'mint', 'parsed']), z.string().min(1).max(64)])
    .default('source'),
  /** For records without one. */
  callbackTimeMs: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(60_000),
  /** What the source does not have, by the name of the question: `{"slot": "5"}`. Keys stand with blanks or commas between them. */
  answers: z.record(z.string().max(64), z.string().max(1024 * 1024)).default({}),
};
const readingSchema = z.object(readingShape);
export type Reading = z.infer<typeof readingSchema>;

/** What else the options hold is left out. */
export const readingFrom = (options: Partial<Reading>): Reading => readingSchema.parse(options);

/** A format that ships with Ingot. */
export interface KnownFormat {
  readonly name: string;
  readonly title: string;
  /** Its public description. */
  readonly url: string;
  /** The names of what it has to be told. */
  readonly asks: readonly string[];
  /** As `readsLines`. */
  readonly lines: boolean;
}

/** Whether a connection can read lines by it: they are JSON, and a record names its account. */
export function readsLines({ container, fields }: Pick<Mapping, 'container' | 'fields'>): boolean {
  const ids = [fields.id ?? []].flat();
  return (
    container === 'json' &&
    (ids.length === 0 || ids.some((source) => typeof source === 'string' || !('ask' in source)))
  );
}

/** The file of an IDL. */
const idlFileSchema = z.strictObject({
  name: z.string().max(255),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type IdlFile = z.infer<typeof idlFileSchema>;
export const idlFilesSchema = z.array(idlFileSchema).max(10_000);

/** The name of a kept IDL, which is that of its file. */
export const idlNameSchema = z.string().regex(/^[\w-][\w.-]{0,99}$/, 'must be a name of a file');

/** A program whose accounts an IDL decodes. */
export interface KnownIdl {
  /** Of its file. */
  readonly name: string;
  readonly sha256: string;
  readonly program: string;
  /** In base58. */
  readonly address: string;
  /** Of accounts. */
  readonly types: readonly string[];
  /** Why it cannot be used, a sentence: then the rest is unknown. Null if it can. */
  readonly problem: string | null;
  /** A person added it in a window, and can remove it; otherwise the setting `idl` names it. */
  readonly isKept: boolean;
}

/** What a source does not contain. */
export interface Ask {
  /** In `answers`. */
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** Many values, one a line. */
  readonly isLong: boolean;
  /** It can be read without an answer. */
  readonly isOptional: boolean;
  /** Why the answer is not valid; null if it is, or if there is none. */
  readonly error: string | null;
  readonly isAnswered: boolean;
}

/** One meaning that `tokens` or `accountType` can have. */
export interface Meaning {
  readonly value: string;
  readonly label: string;
  /** What it gives for the first account; null: nothing. */
  readonly example: string | null;
}

export interface FoundField {
  readonly path: string;
  /** As text, cut. */
  readonly examples: readonly string[];
  readonly kinds: readonly ('text' | 'number' | 'object' | 'list' | 'true or false' | 'null')[];
}

export interface Skipped {
  /** `transaction`, `slot`, `ping`. */
  readonly name: string;
  readonly records: number;
}

/** How a source is read that does not hold Ingot's own updates. */
export interface SourceReading {
  /** Null: it is not known, and `mapping` is a guess. */
  readonly format: (Pick<KnownFormat, 'name' | 'title'> & { readonly url: string | null }) | null;
  /** To begin with, if a person maps the fields. */
  readonly mapping: Mapping;
  readonly asks: readonly Ask[];
  readonly tokens: readonly Meaning[];
  readonly accountType: readonly Meaning[];
  /** Records have no time of their own for their callbacks, so `callbackTimeMs` counts. */
  readonly needsCallbackTime: boolean;
  readonly hasSlots: boolean;
  /** What a person should know before the run, in sentences. */
  readonly warnings: readonly string[];
  /** Remarks on its file, in sentences. */
  readonly notes: readonly string[];
  /** Of the records that were looked at. */
  readonly skipped: readonly Skipped[];
  /** Of the first records. */
  readonly fields: readonly FoundField[];
  /** Paths of the lists in the first document. */
  readonly lists: readonly string[];
  /** Values outside the list. */
  readonly around: readonly FoundField[];
}
