import fc from 'fast-check';

import { applyEdit, isMarked, markEdit, moveOffset } from '../mark';

function toggled(source: string, marked: boolean): string {
  const edit = markEdit(source, marked);
  return edit === null ? source : applyEdit(source, edit);
}

const line = fc.oneof(
  fc.constantFrom(
    '',
    '# a comment',
    '#| tags: x',
    'x = 1',
    '%%time',
    '  y',
    '"%%cacheable"'
  ),
  fc.string({ maxLength: 8 }).filter(text => !/[\n\r]/.test(text))
);
const markLine = fc.constantFrom(
  '%%cacheable',
  '%%cacheable --ttl 1h',
  '#| cacheable',
  '#| cacheable: tag=fit',
  '#|cacheable',
  '#| cacheable: false'
);
const sourceOf = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(one, { maxLength: 6 }), fc.constantFrom('', '\n'))
    .map(([lines, end]) => lines.join('\n') + end);
const anySource = sourceOf(fc.oneof(line, markLine));

describe('isMarked', () => {
  it.each([
    '%%cacheable',
    '%%cacheable --ttl 1h\nx',
    '\n\n# why\n%%cacheable\nx',
    '#| cacheable\nx',
    '# why\n#| cacheable: ttl=1h tag=fit\nx',
    '%%cacheable\r\nx'
  ])('sees the mark in %j', source => {
    expect(isMarked(source)).toBe(true);
  });

  it.each([
    '',
    'x = 1\n%%cacheable',
    '%%cacheables',
    '# %%cacheable\nx',
    '#| cacheables\nx',
    '# cacheable\nx',
    '#| cacheable: false\nx',
    '%%time\n%%cacheable\nx'
  ])('sees no mark in %j', source => {
    expect(isMarked(source)).toBe(false);
  });
});

describe('markEdit', () => {
  it('adds the mark as first line', () => {
    expect(toggled('# why\nx = 1', true)).toBe('%%cacheable\n# why\nx = 1');
    expect(toggled('', true)).toBe('%%cacheable\n');
  });

  it('removes the mark line with its options and nothing else', () => {
    expect(toggled('# why\n%%cacheable --ttl 1h\n\nx', false)).toBe(
      '# why\n\nx'
    );
    expect(toggled('#| cacheable: tag=a\nx', false)).toBe('x');
    expect(toggled('%%cacheable', false)).toBe('');
  });

  it('removes both spellings in one edit', () => {
    expect(toggled('%%cacheable\n# why\n#| cacheable\nx', false)).toBe(
      '# why\nx'
    );
  });

  it('takes the line away that switches a cell off', () => {
    expect(toggled('#| cacheable: false\nx', true)).toBe('%%cacheable\nx');
    expect(toggled('%%cacheable --ttl 1h\n#| cacheable: off\nx', true)).toBe(
      '%%cacheable --ttl 1h\nx'
    );
  });

  it('does what was asked for', () => {
    fc.assert(
      fc.property(anySource, fc.boolean(), (source, marked) => {
        expect(isMarked(toggled(source, marked))).toBe(marked);
      })
    );
  });

  it('is null when there is nothing to do', () => {
    fc.assert(
      fc.property(anySource, source => {
        expect(markEdit(source, isMarked(source))).toBeNull();
      })
    );
  });

  it('gives the source back when a mark is added and removed', () => {
    fc.assert(
      fc.property(sourceOf(line), source => {
        fc.pre(!isMarked(source) && !source.includes('cacheable: '));
        expect(toggled(toggled(source, true), false)).toBe(source);
      })
    );
  });

  it('leaves a cursor in the same place of the text', () => {
    fc.assert(
      fc.property(sourceOf(line), fc.nat(), (source, place) => {
        const edit = markEdit(source, true);
        fc.pre(edit !== null && edit.to === 0);
        const offset = place % (source.length + 1);
        const after = moveOffset(offset, edit);
        expect(applyEdit(source, edit).slice(after)).toBe(source.slice(offset));
      })
    );
  });
});
