import { element, scrolled } from './dom';
import type { IChange } from './entry';
import type { StateText } from './state';
import { visible, visibleLines } from './text';
import { unified } from './unified';

/** How long a value may be to stand beside the other one in a line. */
const SHORT = 40;
/** How many lines of a difference are shown. */
const MOST_LINES = 200;

/**
 * The differences between an entry and what is now. The cell of an edited
 * function does not show the lines again that the function has shown.
 */
export function changeNodes(
  changes: readonly IChange[],
  text: StateText
): HTMLElement[] {
  const told = new Set<string>();
  return changes.map(change => {
    const diff = diffOf(change);
    const edits = diff.filter(line => /^[-+]/.test(line));
    const isTold = edits.length > 0 && edits.every(line => told.has(line));
    edits.forEach(line => told.add(line));
    return isTold
      ? element('li', { text: text.subject(change) })
      : changeNode(change, diff, text);
  });
}

/**
 * One difference: short values in a line, texts as the lines that differ.
 */
function changeNode(
  change: IChange,
  diff: readonly string[],
  text: StateText
): HTMLElement {
  const subject = text.subject(change);
  if (diff.length > 0) {
    return element('li', { text: subject }, diffNode(diff, subject, text));
  }
  if (change.old === null && change.new === null) {
    return element('li', { text: subject });
  }
  return element('li', {}, `${subject}: `, ...arrow(change));
}

/** The lines of the diff that came with it, or that its long texts make. */
function diffOf(change: IChange): string[] {
  if (change.diff.length > 0) {
    return change.diff;
  }
  const isText = change.part === 'code' || change.part === 'upstream';
  return isText && !(isShort(change.old) && isShort(change.new))
    ? unified(change.old ?? '', change.new ?? '')
    : [];
}

function arrow(change: IChange): (Node | string)[] {
  return [
    element('del', { text: visible(change.old ?? '∅') }),
    ' → ',
    element('ins', { text: visible(change.new ?? '∅') })
  ];
}

/**
 * A unified diff. Its signs are for the eye; what they mean is said in words
 * to screen readers.
 */
function diffNode(
  diff: readonly string[],
  subject: string,
  text: StateText
): HTMLElement {
  return scrolled(
    element(
      'pre',
      {
        class: 'jp-Cacheable-diff',
        role: 'group',
        label: text.difference(subject)
      },
      ...diff.slice(0, MOST_LINES).map(line => lineNode(line, text))
    )
  );
}

function lineNode(line: string, text: StateText): HTMLElement {
  const rest = `${visibleLines(line.slice(1))}\n`;
  switch (line[0]) {
    case '-':
      return element('del', {}, spoken(text.removed()), sign('−'), rest);
    case '+':
      return element('ins', {}, spoken(text.added()), sign('+'), rest);
    case '@':
      return element('span', {
        class: 'jp-Cacheable-hunk',
        text: `${visibleLines(line)}\n`
      });
    default:
      return element('span', {}, sign(' '), rest);
  }
}

function sign(text: string): HTMLElement {
  return element('span', { text, attributes: { 'aria-hidden': 'true' } });
}

function spoken(text: string): HTMLElement {
  return element('span', { class: 'jp-Cacheable-spoken', text: `${text}: ` });
}

function isShort(text: string | null): boolean {
  return text === null || (text.length <= SHORT && !text.includes('\n'));
}
