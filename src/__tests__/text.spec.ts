import { visible, visibleLines } from '../text';

describe('visible', () => {
  it('leaves ordinary text of any script alone', () => {
    const text = 'Größe 数据 नमस्ते 👩‍🔬 <b>"&';
    expect(visible(text)).toBe(text);
  });

  it('shows what would turn the reading direction as its code', () => {
    expect(visible('cell\u202Egnp.exe')).toBe('cell[U+202E]gnp.exe');
    expect(visible('\u2066a\u2069\u200f')).toBe('[U+2066]a[U+2069][U+200F]');
  });

  it('shows control characters, invisible ones and tags as codes', () => {
    expect(visible('a\u0000\u001b[31m')).toBe('a[U+0000][U+001B][31m');
    expect(visible('a\u200bb\ufeff')).toBe('a[U+200B]b[U+FEFF]');
    expect(visible('\u{e0041}')).toBe('[U+E0041]');
  });

  it('shows half of a pair as its code', () => {
    expect(visible('a\ud83d')).toBe('a[U+D83D]');
  });

  it('cuts what is too long, never through a pair', () => {
    expect(visible('abcdef', 4)).toBe('abc…');
    expect(visible('ab😀cdef', 4)).toBe('ab…');
    expect(visible('abcd', 4)).toBe('abcd');
  });
});

describe('visibleLines', () => {
  it('keeps line breaks and tabs', () => {
    expect(visibleLines('a\r\n\tb\u202e')).toBe('a\n\tb[U+202E]');
  });

  it('shows line breaks as codes where one line is expected', () => {
    expect(visible('a\nb')).toBe('a[U+000A]b');
  });
});
