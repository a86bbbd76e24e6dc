import { element } from './dom';
import type { IChange } from './entry';
import type { StateText } from './state';
import { visible, visibleLines } from './text';

/** How long a value may be to stand beside the other one in a line. */
const SHORT = 40;
/** How many lines of each side are shown. */
const MOST_LINES = 30;

/**
 * One difference between an entry and what is now: short values in a line,
 * texts as the lines that differ.
 */
export function changeNode(change: IChange, text: StateText): HTMLElement {
  const subject = text.subject(change);
  if (change.old === null && change.new === null) {
    return element('li', { text: subject });
  }
  if (isShort(change.old) && isShort(change.new)) {
    return element('li', {}, `${subject}: `, ...arrow(change));
  }
  const [before, after] = differing(
    lines(change.old ?? ''),
    lines(change.new ?? '')
  );
  return element(
    'li',
    { text: subject },
    element(
      'pre',
      {},
      ...marked('del', '−', before),
      ...marked('ins', '+', after)
    )
  );
}

function arrow(change: IChange): (Node | string)[] {
  return [
    element('del', { text: visible(change.old ?? '∅') }),
    ' → ',
    element('ins', { text: visible(change.new ?? '∅') })
  ];
}

function marked(
  tag: 'del' | 'ins',
  sign: string,
  changed: readonly string[]
): HTMLElement[] {
  return changed
    .slice(0, MOST_LINES)
    .map(line => element(tag, { text: `${sign} ${line}\n` }));
}

/**
 * The lines that remain when those that begin and end both texts are left out.
 */
function differing(before: string[], after: string[]): [string[], string[]] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < shorter - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end += 1;
  }
  return [
    before.slice(start, before.length - end),
    after.slice(start, after.length - end)
  ];
}

function lines(text: string): string[] {
  return visibleLines(text).split('\n');
}

function isShort(text: string | null): boolean {
  return text === null || (text.length <= SHORT && !text.includes('\n'));
}
