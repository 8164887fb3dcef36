/**
 * Text from others on a terminal: control characters and marks that change the direction of text are shown, not
 * obeyed, so that no message can move the cursor, clear the screen, set the title or fake a line.
 */

/** C0 but for tab and newline, DEL, C1, and the bidi controls of Unicode Standard Annex #9 section 2. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

export function visible(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? '\u2421' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** JSON on one line that says the same, with nothing in it that a terminal would obey. */
export function visibleJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(unsafe, escaped);
}
