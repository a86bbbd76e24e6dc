/**
 * The mark of a cacheable cell, as text.
 *
 * It stands in the head of the cell, which is its leading blank lines and
 * comments and the first line after them, in one of two spellings:
 *
 *     %%cacheable --ttl 1h
 *     #| cacheable: ttl=1h
 *
 * `#| cacheable: false` in the head switches the cell off.
 */
const MARK = '%%cacheable\n';

const MAGIC = /^%%cacheable(\s|$)/;
const COMMENT = /^#\|\s*cacheable(?:\s*:(.*)|\s+\S.*)?$/;
const OFF = /^\s*(false|no|off)\s*$/i;
const CODE = /^[^#]/;

/**
 * One replacement in a text: the characters from `from` to before `to` become
 * `insert`.
 */
export interface ITextEdit {
  from: number;
  to: number;
  insert: string;
}

/**
 * Whether a source is that of a cacheable cell.
 */
export function isMarked(source: string): boolean {
  const lines = markLines(source);
  return lines.length > 0 && !lines.some(line => line.off);
}

/**
 * The single edit after which a source is marked, or is not; null when that is
 * so already.
 */
export function markEdit(source: string, marked: boolean): ITextEdit | null {
  if (isMarked(source) === marked) {
    return null;
  }
  const lines = markLines(source).filter(line => !marked || line.off);
  const [line] = lines;
  if (line === undefined) {
    return { from: 0, to: 0, insert: MARK };
  }
  if (lines.length === 1 && !marked) {
    return { from: line.from, to: line.to, insert: '' };
  }
  const rest = without(source, lines);
  return difference(source, marked && !isMarked(rest) ? MARK + rest : rest);
}

/**
 * The text after an edit.
 */
export function applyEdit(source: string, edit: ITextEdit): string {
  return source.slice(0, edit.from) + edit.insert + source.slice(edit.to);
}

/**
 * Where a cursor stands after an edit so that it keeps its place in the text
 * around it.
 */
export function moveOffset(offset: number, edit: ITextEdit): number {
  if (offset < edit.from) {
    return offset;
  }
  return edit.from + edit.insert.length + Math.max(0, offset - edit.to);
}

interface IMarkLine {
  from: number;
  /** After the line and its line break. */
  to: number;
  off: boolean;
}

function markLines(source: string): IMarkLine[] {
  const found: IMarkLine[] = [];
  for (let from = 0; from < source.length;) {
    const newline = source.indexOf('\n', from);
    const to = newline === -1 ? source.length : newline + 1;
    const line = source.slice(from, to).trim();
    const comment = COMMENT.exec(line);
    if (comment !== null || MAGIC.test(line)) {
      found.push({ from, to, off: OFF.test(comment?.[1] ?? '') });
    } else if (CODE.test(line)) {
      break;
    }
    from = to;
  }
  return found;
}

function without(source: string, lines: readonly IMarkLine[]): string {
  let rest = '';
  let from = 0;
  for (const line of lines) {
    rest += source.slice(from, line.from);
    from = line.to;
  }
  return rest + source.slice(from);
}

/**
 * The smallest edit from one text to another.
 */
function difference(before: string, after: string): ITextEdit {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) {
    from += 1;
  }
  let kept = 0;
  while (
    kept < shorter - from &&
    before[before.length - 1 - kept] === after[after.length - 1 - kept]
  ) {
    kept += 1;
  }
  return {
    from,
    to: before.length - kept,
    insert: after.slice(from, after.length - kept)
  };
}
