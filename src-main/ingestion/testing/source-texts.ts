import fc from 'fast-check';

/** Arbitrary sources for property tests: valid ones, and ones with a few changed bytes. */

const SPACES = fc.constantFrom('', '', '', ' ', '\n', '\r\n', '\t', '  \n ');

const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('', '\0', '\ud800', 'é', '€', '😀', '\\', '"', '__proto__', 'constructor', '</script>'),
);

/** The text of a string, with some characters needlessly escaped. */
const stringText = fc
  .tuple(anyString, fc.boolean())
  .map(([text, escapeAll]) =>
    escapeAll
      ? `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(text),
  );

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String),
  fc.constantFrom('0', '-0', '1.0', '1e3', '1E+3', '1e-3', '0.10', '-1', '18446744073709551615', '1e400'),
);

const wordText = fc.constantFrom('true', 'false', 'null');

export const { value: valueText } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    stringText,
    numberText,
    wordText,
    fc
      .tuple(SPACES, fc.array(tie('value'), { maxLength: 4 }))
      .map(([s, items]) => `[${s}${items.join(`,${s}`)}${s}]`),
    fc
      .tuple(SPACES, fc.array(fc.tuple(stringText, tie('value')), { maxLength: 4 }))
      .map(
        ([s, members]) => `{${s}${members.map(([key, value]) => `${key}${s}:${value}`).join(`${s},`)}${s}}`,
      ),
  ),
}));

const fieldName = fc.constantFrom(
  'id',
  'accountType',
  'parentProgram',
  'parentProgramSubType',
  'account_type',
  'tokens',
  'slot',
  'version',
  'callbackTimeMs',
  'callback_time_ms',
  'data',
  'other',
  '__proto__',
);

const integerText = fc.oneof(
  fc.integer({ min: 0, max: 1000 }).map(String),
  fc.bigInt({ min: 0n, max: 2n ** 64n }).map((value) => `"${value}"`),
  numberText,
);

const usualRecord = fc
  .record({
    id: stringText,
    accountType: stringText,
    tokens: integerText,
    callback: integerText,
    data: valueText,
    version: integerText,
    space: SPACES,
  })
  .map(
    ({ id, accountType, tokens, callback, data, version, space }) =>
      `{${space}"id":${id},"accountType":${space}${accountType},${space}"tokens":${tokens},"callbackTimeMs":${callback},"data":${space}${data},"version":${version}${space}}`,
  );

const oddRecord = fc
  .tuple(SPACES, fc.array(fc.tuple(fieldName, valueText), { maxLength: 8 }))
  .map(
    ([space, members]) =>
      `{${space}${members.map(([name, value]) => `"${name}":${space}${value}`).join(`,${space}`)}}`,
  );

const records = fc.array(
  fc.oneof({ weight: 4, arbitrary: usualRecord }, { weight: 2, arbitrary: oddRecord }, valueText),
  {
    maxLength: 6,
  },
);

export const arraySource = fc
  .tuple(SPACES, records)
  .map(([space, texts]) => `${space}[${space}${texts.join(`${space},${space}`)}${space}]${space}`);

export const ndjsonSource = fc
  .tuple(
    fc.constantFrom('\n', '\r\n', '\n\n', ' ', '\n\uFEFF'),
    fc.oneof({ weight: 4, arbitrary: usualRecord }, valueText),
    records,
  )
  .map(([separator, first, texts]) => [first, ...texts].join(separator));

/** Rarely JSON, but made of JSON's tokens. */
export const tokenSoup = fc
  .array(
    fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        ' ',
        '\n',
        '0',
        '1',
        '-',
        '+',
        '.',
        'e',
        'true',
        'nul',
        'null',
      ],
      ...[
        '"a"',
        '"a":',
        '{"a":1}',
        '[1]',
        '\\u',
        '\\u00e9',
        '"\\n"',
        '"\t"',
        '12',
        '1.5',
        '01',
        'é',
        '\u0000',
        '\u007f',
      ],
    ),
    { maxLength: 12 },
  )
  .map((tokens) => `[${tokens.join('')}]`);

type Change = { at: number; kind: 'drop' | 'put' | 'cut'; byte: number };
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('drop', 'put', 'cut'),
  byte: fc.oneof(
    fc.constantFrom(...Array.from('{}[],:"\\ \n01-+.eE', (char) => char.charCodeAt(0))),
    fc.integer({ min: 0, max: 255 }),
  ),
});

/** The source's bytes with up to two changes. */
export function spoiled(source: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  return fc.tuple(source, fc.array(change, { maxLength: 2 })).map(([text, changes]) => {
    let bytes = Buffer.from(text);
    for (const { at, kind, byte } of changes) {
      const place = at % (bytes.length + 1);
      const rest = kind === 'cut' ? Buffer.alloc(0) : bytes.subarray(kind === 'drop' ? place + 1 : place);
      bytes = Buffer.concat([
        bytes.subarray(0, place),
        ...(kind === 'put' ? [Buffer.from([byte])] : []),
        rest,
      ]);
    }
    return bytes;
  });
}

/** Where to cut, as fractions of the whole. */
export const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

export function cutAt(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const places = [...fractions.map((part) => Math.floor(part * bytes.length)), bytes.length].sort(
    (a, b) => a - b,
  );
  let from = 0;
  return places.map((to) => {
    const piece = bytes.subarray(from, to);
    from = to;
    return piece;
  });
}
