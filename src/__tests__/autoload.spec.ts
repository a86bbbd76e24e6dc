import { Autoload, LOAD_EXPRESSION } from '../autoload';
import { FakeKernel, FakeSession, settle } from './fakes';

function setUp(
  kernel: FakeKernel | null = new FakeKernel(),
  enabled = true
): { kernel: FakeKernel; session: FakeSession; autoload: Autoload } {
  const session = new FakeSession(kernel);
  const autoload = new Autoload(session.context, () => enabled);
  return { kernel: kernel ?? new FakeKernel(), session, autoload };
}

describe('Autoload', () => {
  it('loads once when the kernel has said that it is Python', async () => {
    const { kernel, session } = setUp();
    await settle();
    session.statusChanged.emit('busy');
    session.statusChanged.emit('idle');
    expect(kernel.sent).toEqual(['load']);
  });

  it('sends a silent request that leaves no trace', async () => {
    const { kernel } = setUp();
    await settle();
    expect(kernel.requests[0]).toEqual({
      code: '',
      silent: true,
      store_history: false,
      stop_on_error: false,
      allow_stdin: false,
      user_expressions: { cacheable: LOAD_EXPRESSION }
    });
  });

  it('is ahead of a cell that is run right after a restart', async () => {
    const { kernel, session, autoload } = setUp();
    await settle();
    kernel.sent = [];
    session.statusChanged.emit('restarting');
    // What JupyterLab does at "Restart and run all": the signal that a cell is
    // scheduled, then, in the same turn, its request.
    autoload.load();
    kernel.requestExecute({ code: 'cell' });
    session.statusChanged.emit('starting');
    session.statusChanged.emit('idle');
    expect(kernel.sent).toEqual(['load', 'cell']);
  });

  it('is ahead of a cell when the kernel has not yet said what it is', () => {
    const kernel = new FakeKernel('python3', null);
    const { autoload } = setUp(kernel);
    autoload.load();
    kernel.requestExecute({ code: 'cell' });
    expect(kernel.sent).toEqual(['load', 'cell']);
  });

  it.each(['restarting', 'autorestarting'])(
    'loads again after the kernel was %s',
    async status => {
      const { kernel, session } = setUp();
      await settle();
      session.statusChanged.emit(status);
      session.statusChanged.emit('unknown');
      expect(kernel.sent).toEqual(['load']);
      session.statusChanged.emit('starting');
      session.statusChanged.emit('busy');
      session.statusChanged.emit('idle');
      expect(kernel.sent).toEqual(['load', 'load']);
    }
  );

  it('loads into the next kernel of the session', async () => {
    const { session } = setUp();
    await settle();
    const next = new FakeKernel();
    session.setKernel(next);
    await settle();
    expect(next.sent).toEqual(['load']);
  });

  it('leaves kernels of other languages alone', async () => {
    const kernel = new FakeKernel('ir', 'R');
    const { session, autoload } = setUp(kernel);
    autoload.load();
    await settle();
    session.statusChanged.emit('idle');
    autoload.load();
    expect(kernel.sent).toEqual([]);
  });

  it('believes the kernel more than the name of its specification', async () => {
    const kernel = new FakeKernel('ir', 'python');
    setUp(kernel);
    await settle();
    expect(kernel.sent).toEqual(['load']);
  });

  it('does nothing when it is switched off or there is no kernel', async () => {
    const { kernel, session } = setUp(new FakeKernel(), false);
    await settle();
    session.statusChanged.emit('idle');
    expect(kernel.sent).toEqual([]);
    const { autoload } = setUp(null);
    autoload.load();
    expect(await autoload.isNewlyAbsent()).toBe(false);
  });

  it('tells once that the package is absent, asking the kernel each time', async () => {
    const kernel = new FakeKernel();
    kernel.replies = ["'absent'", "'absent'", "'absent'"];
    const { autoload } = setUp(kernel);
    await settle();
    expect(await autoload.isNewlyAbsent()).toBe(true);
    expect(await autoload.isNewlyAbsent()).toBe(false);
    expect(kernel.sent).toHaveLength(3);
  });

  it('is content when the package was installed meanwhile', async () => {
    const kernel = new FakeKernel();
    kernel.replies = ["'absent'", "'loaded'"];
    const { autoload } = setUp(kernel);
    await settle();
    expect(await autoload.isNewlyAbsent()).toBe(false);
  });

  it('draws no conclusion from a request that was lost', async () => {
    const kernel = new FakeKernel();
    kernel.requestExecute = () => ({
      done: Promise.reject(new Error('Canceled'))
    });
    const { autoload } = setUp(kernel);
    await settle();
    expect(await autoload.isNewlyAbsent()).toBe(false);
  });

  it('does nothing after it was disposed', async () => {
    const { kernel, session, autoload } = setUp();
    autoload.dispose();
    await settle();
    session.statusChanged.emit('idle');
    expect(kernel.sent).toEqual([]);
  });
});
