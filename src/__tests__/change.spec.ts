import { changeNode } from '../change';
import type { IChange } from '../entry';
import { Format } from '../format';
import { StateText } from '../state';
import { trans } from './fakes';

const text = new StateText(trans, new Format(trans, 'en'));

function shown(fields: Partial<IChange>): string {
  const change: IChange = {
    part: 'upstream',
    name: null,
    cell: null,
    old: null,
    new: null,
    ...fields
  };
  return changeNode(change, text).textContent;
}

describe('changeNode', () => {
  it('shows short values in a line', () => {
    expect(
      shown({ part: 'packages', name: 'numpy', old: '2.2', new: '2.3' })
    ).toBe('Package numpy: 2.2 → 2.3');
    expect(shown({ part: 'env', name: 'SEED', new: '7' })).toBe(
      'Environment variable SEED: ∅ → 7'
    );
  });

  it('shows the lines that differ between texts', () => {
    expect(
      shown({
        name: 'snr',
        old: 'import time\nsnr = 300\nx = 1',
        new: 'import time\nsnr = 400\ny = 2\nx = 1'
      })
    ).toBe('Upstream cell snr− snr = 300\n+ snr = 400\n+ y = 2\n');
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
