type Parser = (text: string) => string | number | boolean;

const asText: Parser = (text) => text;
const NUMBERS = { oid: 26, int2: 21, int4: 23, float4: 700, float8: 701 };
/** PGlite has parsers of its own for these, some of which lose digits: int8, bytes, JSON and times. */
const TEXTS = [17, 20, 114, 1082, 1114, 1184, 3802];

/** By the type's OID. The same values from both databases: see `Queryable.query`. */
export const PARSERS: Readonly<Record<number, Parser>> = {
  16: (text) => text === 't',
  ...Object.fromEntries(Object.values(NUMBERS).map((oid) => [oid, Number])),
  ...Object.fromEntries(TEXTS.map((oid) => [oid, asText])),
};

export const parserOf = (oid: number): Parser => PARSERS[oid] ?? asText;
