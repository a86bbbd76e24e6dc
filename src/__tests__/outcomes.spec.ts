import { Outcomes } from '../outcomes';
import { FakeKernel, FakeSession } from './fakes';

const hit = { outcome: 'HIT', entry: 'e', saved: 2 };

function setUp(): {
  kernel: FakeKernel;
  session: FakeSession;
  outcomes: Outcomes;
  received: string[];
} {
  const kernel = new FakeKernel();
  const session = new FakeSession(kernel);
  const outcomes = new Outcomes(session.context);
  const received: string[] = [];
  outcomes.received.connect((_, cell) => received.push(cell));
  return { kernel, session, outcomes, received };
}

function request(kernel: FakeKernel, id: string, cell: string): void {
  kernel.emit('send', 'execute_request', {
    id,
    metadata: { cellId: cell },
    code: `source of ${cell}`
  });
}

function reply(kernel: FakeKernel, id: string, cacheable?: object): void {
  kernel.emit('recv', 'execute_reply', {
    parent: id,
    metadata: { cacheable }
  });
}

function saved(kernel: FakeKernel, id: string, cacheable: object): void {
  kernel.emit('recv', 'status', { parent: id });
  kernel.emit('recv', 'status', { parent: id, metadata: { cacheable } });
}

describe('Outcomes', () => {
  it('belong to the cell whose request was answered', () => {
    const { kernel, outcomes, received } = setUp();
    request(kernel, 'm1', 'a');
    request(kernel, 'm2', 'b');
    reply(kernel, 'm1', hit);
    reply(kernel, 'm2', { outcome: 'MISS' });
    expect(outcomes.get('a')).toMatchObject({
      code: 'source of a',
      running: false,
      outcome: { outcome: 'HIT', entry: 'e' }
    });
    expect(outcomes.get('b')?.outcome?.outcome).toBe('MISS');
    expect(received).toEqual(['a', 'b']);
  });

  it('say that a cell runs from its start to its end, not while it waits', () => {
    const { kernel, outcomes } = setUp();
    request(kernel, 'm1', 'a');
    expect(outcomes.get('a')).toBeUndefined();
    kernel.emit('recv', 'execute_input', { parent: 'm1' });
    expect(outcomes.get('a')?.running).toBe(true);
    reply(kernel, 'm1', hit);
    expect(outcomes.get('a')?.running).toBe(false);
  });

  it('know why the cell of an entry ran', () => {
    const { kernel, outcomes } = setUp();
    const reason = { sentence: 'the code was edited', changes: [] };
    request(kernel, 'm1', 'a');
    expect(outcomes.reasonOf('e')).toBeNull();
    reply(kernel, 'm1', { outcome: 'MISS', entry: 'e', reason });
    expect(outcomes.reasonOf('e')).toEqual(reason);
    expect(outcomes.reasonOf('f')).toBeNull();
  });

  it('forget a cell that ran without the kernel side', () => {
    const { kernel, outcomes, received } = setUp();
    request(kernel, 'm1', 'a');
    reply(kernel, 'm1', hit);
    request(kernel, 'm2', 'a');
    reply(kernel, 'm2');
    expect(outcomes.get('a')).toBeUndefined();
    expect(received).toEqual(['a']);
  });

  it('ignore requests of other clients and of no cell', () => {
    const { kernel, outcomes, received } = setUp();
    kernel.emit('send', 'execute_request', { id: 'm1', code: 'x' });
    reply(kernel, 'm1', hit);
    reply(kernel, 'unknown', hit);
    kernel.emit('recv', 'status', { parent: 'm1' });
    expect(received).toEqual([]);
    expect(outcomes.get('a')).toBeUndefined();
  });

  it.each(['restarting', 'autorestarting'])(
    'are gone when the kernel is %s',
    status => {
      const { kernel, session, outcomes } = setUp();
      request(kernel, 'm1', 'a');
      reply(kernel, 'm1', hit);
      request(kernel, 'm2', 'a');
      session.statusChanged.emit(status);
      expect(outcomes.get('a')).toBeUndefined();
      reply(kernel, 'm2', hit);
      expect(outcomes.get('a')).toBeUndefined();
    }
  );

  it('follow the session to another kernel', () => {
    const { kernel, session, outcomes } = setUp();
    request(kernel, 'm1', 'a');
    reply(kernel, 'm1', hit);
    const next = new FakeKernel();
    session.setKernel(next);
    expect(outcomes.get('a')).toBeUndefined();
    request(kernel, 'm2', 'a');
    reply(kernel, 'm2', hit);
    expect(outcomes.get('a')).toBeUndefined();
    request(next, 'm3', 'a');
    reply(next, 'm3', hit);
    expect(outcomes.get('a')).toBeDefined();
  });

  it('come a second time when a run is stored after its reply', () => {
    const { kernel, outcomes, received } = setUp();
    request(kernel, 'm1', 'a');
    reply(kernel, 'm1', { outcome: 'MISS', saving: true });
    expect(outcomes.get('a')?.outcome).toMatchObject({ saving: true });
    expect(received).toEqual([]);
    saved(kernel, 'm1', { outcome: 'MISS', entry: 'e' });
    expect(outcomes.get('a')).toMatchObject({
      code: 'source of a',
      outcome: { entry: 'e', saving: false }
    });
    expect(received).toEqual(['a']);
    saved(kernel, 'm1', { outcome: 'UNCACHED' });
    expect(outcomes.get('a')?.outcome?.outcome).toBe('MISS');
  });

  it('do not come late into another run of the cell', () => {
    const { kernel, outcomes, received } = setUp();
    request(kernel, 'm1', 'a');
    request(kernel, 'm2', 'a');
    reply(kernel, 'm1', { outcome: 'MISS', saving: true });
    kernel.emit('recv', 'execute_input', { parent: 'm2' });
    saved(kernel, 'm1', { outcome: 'MISS', entry: 'e' });
    expect(outcomes.get('a')?.running).toBe(true);
    expect(received).toEqual([]);
  });

  it('hear nothing after they were disposed', () => {
    const { kernel, outcomes, received } = setUp();
    outcomes.dispose();
    request(kernel, 'm1', 'a');
    reply(kernel, 'm1', hit);
    expect(received).toEqual([]);
  });
});
