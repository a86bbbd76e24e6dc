/**
 * Characters that change how the text around them is read or that cannot be
 * seen: control codes, direction overrides, zero-width and invisible operators,
 * tag characters, lone surrogates. ZWNJ and ZWJ stay, scripts and emoji need them.
 */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/**
 * Text of foreign origin as it may be shown: hidden characters appear as their
 * code, as in `[U+202E]`, and what is longer than `limit` characters is cut.
 */
export function visible(text: string, limit = 200): string {
  return cut(text.replace(HIDDEN, code), limit);
}

/**
 * Like {@link visible}, but line breaks and tabs stay: for sources and outputs.
 */
export function visibleLines(text: string, limit = 20000): string {
  const shown = text
    .replace(/\r\n/g, '\n')
    .replace(HIDDEN, found =>
      found === '\n' || found === '\t' ? found : code(found)
    );
  return cut(shown, limit);
}

function code(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return `[U+${point.toString(16).toUpperCase().padStart(4, '0')}]`;
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) {
    return text;
  }
  const kept = text.slice(0, limit - 1);
  // A pair cut in half would be shown as a replacement character.
  return `${kept.replace(/[\ud800-\udbff]$/, '')}…`;
}
