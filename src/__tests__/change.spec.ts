import { changeNodes } from '../change';
import type { IChange } from '../entry';
import { Format } from '../format';
import { StateText } from '../state';
import { makeChange, trans } from './fakes';

const text = new StateText(trans, new Format(trans, 'en'));

function nodes(...changes: Partial<IChange>[]): HTMLElement[] {
  return changeNodes(changes.map(makeChange), text);
}

function node(fields: Partial<IChange>): HTMLElement {
  return nodes(fields)[0]!;
}

function shown(fields: Partial<IChange>): string {
  return node(fields).textContent;
}

describe('changeNodes', () => {
  it('shows short values in a line', () => {
    expect(
      shown({ part: 'packages', name: 'numpy', old: '2.2', new: '2.3' })
    ).toBe('Package numpy: 2.2 → 2.3');
    expect(shown({ part: 'env', name: 'SEED', new: '7' })).toBe(
      'Environment variable SEED: ∅ → 7'
    );
  });

  it('tells what differs inside of a value', () => {
    const [old, fresh] = [
      'DataFrame 2×2 [0123]',
      `DataFrame ${'2×2 '.repeat(20)}`
    ];
    const detail = "has other values in column 'price'";
    expect(shown({ part: 'inputs', name: 'df', old, new: fresh, detail })).toBe(
      `Input df has other values in column 'price': ${old} → ${fresh}`
    );
  });

  it('shows the lines that differ between texts', () => {
    expect(
      shown({
        name: 'snr',
        old: 'import time\nsnr = 300\nx = 1',
        new: 'import time\nsnr = 400\ny = 2\nx = 1'
      })
    ).toBe(
      [
        'Upstream cell snr@@ -1,3 +1,4 @@',
        ' import time',
        'removed: −snr = 300',
        'added: +snr = 400',
        'added: +y = 2',
        ' x = 1',
        ''
      ].join('\n')
    );
  });

  it('shows the diff that the kernel has made', () => {
    const made = node({
      part: 'code',
      old: '0123',
      new: '4567',
      diff: ['@@ -1 +1 @@', '-a', '+b\u202e']
    });
    expect(made.textContent).toBe(
      'Code@@ -1 +1 @@\nremoved: −a\nadded: +b[U+202E]\n'
    );
    const pre = made.querySelector('pre')!;
    expect(pre.ariaLabel).toBe('Difference: Code');
    expect(pre.tabIndex).toBe(0);
    const hidden = pre.querySelectorAll('[aria-hidden]');
    expect(Array.from(hidden, one => one.textContent)).toEqual(['−', '+']);
  });

  it('shows the same lines once', () => {
    const diff = ['@@ -1 +1 @@', '-a', '+b'];
    const shown = nodes(
      { part: 'definitions', name: 'f', diff },
      { name: 'f', diff: ['@@ -7,2 +7,2 @@', ' x', ...diff.slice(1)] },
      { name: 'g', diff: [...diff, '+c'] }
    ).map(one => one.querySelectorAll('pre').length);
    expect(shown).toEqual([1, 0, 1]);
  });

  it('names what differs when its values are not known', () => {
    expect(shown({ part: 'code' })).toBe('Code');
    expect(shown({ part: 'conditions', name: 'random' })).toBe(
      'conditions random'
    );
  });

  it('shows hidden characters as codes', () => {
    expect(shown({ part: 'inputs', name: 'x', old: '\u202e', new: '1' })).toBe(
      'Input x: [U+202E] → 1'
    );
  });
});
