/** Names under which a secret key is stored. */
const SECRET_NAME = /^_?(?:secret|private|priv|signing)_?key$|^(?:mnemonic|seed_?phrase|key_?pair)$/i;

const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1?\d{1,2})`;
/** A list of this many small numbers may be a secret key or its seed; also as a `Uint8Array` in JSON: `{"0":…}`. */
const NUMBERS = new RegExp(
  String.raw`[[{]\s*(?:(?:"\d+"\s*:\s*)?${BYTE}\s*,\s*){31,}(?:"\d+"\s*:\s*)?\d{0,3}\s*[\]}]?`,
  'g',
);
/** The beginning of such a list whose end was not read. */
const CUT_NUMBERS = /[[{][\s\d,":]*$/;
/** A name and a text after it; the end of the text may be cut off. */
const NAMED_TEXT = /"([^"\\]{1,40})"(\s*:\s*)"(?:[^"\\]|\\.)*"?/g;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** @param isCut Whether `text` is the beginning of a longer one. */
export function leaveOutSecrets(text: string, isCut: boolean): string {
  const shown = text
    .replace(NUMBERS, '[numbers left out]')
    .replace(NAMED_TEXT, (whole, name: string, between: string) =>
      isSecretName(name) ? `"${name}"${between}"[left out]"` : whole,
    );
  return isCut ? shown.replace(CUT_NUMBERS, '') : shown;
}
