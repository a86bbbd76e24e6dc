import fc from 'fast-check';

import { unified } from '../unified';

/** Undo a diff whose context is the whole text. */
function applied(before: string[], diff: string[]): string[] {
  return diff.length === 0
    ? before
    : diff.filter(line => /^[ +]/.test(line)).map(line => line.slice(1));
}

describe('unified', () => {
  it('is empty for equal lines', () => {
    expect(unified('a\nb', 'a\nb\n')).toEqual([]);
    expect(unified('', '')).toEqual([]);
  });

  it('shows three lines around each place, and places that are near together', () => {
    const before = Array.from('abcdefghijklmnop');
    const after = before.map(line => (/[eo]/.test(line) ? line + line : line));
    expect(unified(before.join('\n'), after.join('\n'))).toEqual([
      '@@ -2,7 +2,7 @@',
      ...[' b', ' c', ' d', '-e', '+ee', ' f', ' g', ' h'],
      '@@ -12,5 +12,5 @@',
      ...[' l', ' m', ' n', '-o', '+oo', ' p']
    ]);
  });

  it('counts lines as diff does', () => {
    expect(unified('', 'a')).toEqual(['@@ -0,0 +1 @@', '+a']);
    expect(unified('a\nb', '')).toEqual(['@@ -1,2 +0,0 @@', '-a', '-b']);
  });

  it('leads from one text to the other', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
    fc.assert(
      fc.property(words, words, (before, after) => {
        const diff = unified(before.join('\n'), after.join('\n'));
        expect(applied(before, diff)).toEqual(after);
      })
    );
  });

  it('gives up looking for the smallest difference of very long texts', () => {
    const long = (word: string): string => `${word}\n`.repeat(600);
    expect(unified(long('a'), long('b'))).toHaveLength(1201);
  });
});
