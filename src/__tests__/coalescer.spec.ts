import { Coalescer } from '../coalescer';
import { settle } from './fakes';

describe('Coalescer', () => {
  it('runs once more when asked during a run, however often', async () => {
    const gates: (() => void)[] = [];
    const coalescer = new Coalescer(
      () => new Promise(resolve => gates.push(resolve))
    );
    const all = [coalescer.run(), coalescer.run(), coalescer.run()];
    expect(gates).toHaveLength(1);
    gates[0]!();
    await settle();
    expect(gates).toHaveLength(2);
    gates[1]!();
    await Promise.all(all);
    expect(gates).toHaveLength(2);
  });

  it('runs again after a failure', async () => {
    let runs = 0;
    const coalescer = new Coalescer(() => {
      runs += 1;
      return runs === 1 ? Promise.reject(new Error('no')) : Promise.resolve();
    });
    await expect(coalescer.run()).rejects.toThrow('no');
    await coalescer.run();
    expect(runs).toBe(2);
  });
});
