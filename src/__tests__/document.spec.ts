import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import { NotebookModel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import { CacheableDocument } from '../document';
import type { ICellForecast, IForecast, IJudgement } from '../entry';
import { FakeApi, FakeKernel, FakeSession, makeChange } from './fakes';

class FakeContext {
  constructor(
    readonly model: INotebookModel,
    readonly session: FakeSession
  ) {
    this.sessionContext = session.context;
  }
  readonly sessionContext;
  path = 'RTC:a.ipynb';
  isReady = true;
  ready = Promise.resolve();
  pathChanged = new Signal<this, string>(this);
  saveState = new Signal<this, DocumentRegistry.SaveState>(this);
  disposed = new Signal<this, void>(this);
}

interface ISetUp {
  api: FakeApi;
  kernel: FakeKernel;
  session: FakeSession;
  context: FakeContext;
  document: CacheableDocument;
  run: (code: string, cacheable?: object) => void;
}

const SOURCE = '%%cacheable\nfit = 1';

function setUp(source = SOURCE, watched = false): ISetUp {
  const model = new NotebookModel();
  model.sharedModel.insertCell(0, {
    cell_type: 'code',
    source,
    id: 'c'
  });
  const kernel = new FakeKernel();
  const session = new FakeSession(kernel);
  const api = new FakeApi();
  const context = new FakeContext(model, session);
  const document = new CacheableDocument({
    context: context as unknown as CacheableDocument.IOptions['context'],
    api,
    localPath: path => path.replace('RTC:', ''),
    autoload: () => true,
    watched: () => watched
  });
  const run = (code: string, cacheable?: object): void => {
    const metadata = { cellId: 'c' };
    kernel.emit('send', 'execute_request', { id: 'm', metadata, code });
    kernel.emit('recv', 'execute_input', { parent: 'm' });
    kernel.emit('recv', 'execute_reply', {
      parent: 'm',
      metadata: { cacheable }
    });
  };
  return { api, kernel, session, context, document, run };
}

function answer(
  cell: Partial<ICellForecast>,
  entries: [string, IJudgement][] = []
): IForecast {
  const forecast: ICellForecast = {
    forecast: 'hit',
    reason: null,
    entry: 'e',
    saved: 0,
    size: 0,
    computed_at: null,
    ...cell
  };
  return { entries: new Map(entries), cells: new Map([['c', forecast]]) };
}

const MISS = { outcome: 'MISS', entry: 'e', duration: 2 };
const fresh: IJudgement = { state: 'fresh', reason: null, verdict: null };

describe('CacheableDocument', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 100000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const tick = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

  it('knows its path and cells', () => {
    const { document } = setUp();
    expect(document.path).toBe('a.ipynb');
    expect(document.cells()).toEqual([
      { id: 'c', source: SOURCE, type: 'code' }
    ]);
    expect(document.hasMarks()).toBe(true);
  });

  it('asks after an edit when there is a marked cell', async () => {
    const { api, context } = setUp();
    await tick(2000);
    expect(api.asked).toEqual(['forecast a.ipynb']);
    context.model.cells.get(0).sharedModel.setSource('%%cacheable\nfit = 2');
    await tick(2000);
    expect(api.asked).toHaveLength(2);
    expect(api.cells[0]?.source).toBe('%%cacheable\nfit = 2');
  });

  it('asks without marked cells only while somebody looks', async () => {
    const unwatched = setUp('x = 1', false);
    const watched = setUp('x = 1', true);
    await tick(2000);
    expect(unwatched.api.asked).toEqual([]);
    expect(watched.api.asked).toEqual(['forecast a.ipynb']);
  });

  it('asks nothing before the document has been read', async () => {
    const { api, context, document } = setUp();
    context.isReady = false;
    await document.ask();
    await tick(2000);
    expect(api.asked).toEqual([]);
  });

  it('gives no badge to a cell that is not marked', () => {
    const { document } = setUp('x = 1');
    expect(document.facts('c', 'x = 1')).toBeNull();
  });

  it('gives a badge to a cell that has an outcome, until it is edited', () => {
    const { document, run } = setUp('x = 1');
    run('x = 1', MISS);
    expect(document.facts('c', 'x = 1')?.outcome?.outcome).toBe('MISS');
    expect(document.facts('c', 'x = 2')).toBeNull();
  });

  it('shows the forecast, then that it runs, then the outcome', async () => {
    const { api, document, kernel, run } = setUp();
    api.answer = answer({ forecast: 'run', entry: null });
    await tick(2000);
    expect(document.facts('c', SOURCE)).toMatchObject({
      running: false,
      outcome: null,
      forecast: { forecast: 'run' }
    });
    kernel.emit('send', 'execute_request', {
      id: 'x',
      metadata: { cellId: 'c' },
      code: SOURCE
    });
    kernel.emit('recv', 'execute_input', { parent: 'x' });
    expect(document.facts('c', SOURCE)?.running).toBe(true);
    run(SOURCE, MISS);
    // The answer is older than the run: it does not count.
    expect(document.facts('c', SOURCE)?.outcome?.outcome).toBe('MISS');
  });

  it('reports an outcome at once and the new entry soon after', async () => {
    const { api, document, run } = setUp();
    await tick(2000);
    const events: string[] = [];
    document.received.connect((_, cell) => events.push(`outcome of ${cell}`));
    document.stored.connect(() => events.push('stored'));
    api.asked = [];
    run(SOURCE, { ...MISS, outcome: 'HIT' });
    expect(events).toEqual(['outcome of c']);
    await tick(150);
    expect(events).toEqual(['outcome of c', 'stored']);
    expect(api.asked).toEqual(['forecast a.ipynb']);
    await tick(60000);
    expect(events).toHaveLength(2);
  });

  it('keeps the outcome while the entry is still being written', async () => {
    const { api, document, run } = setUp();
    api.answer = answer({ forecast: 'run', entry: null });
    run(SOURCE, MISS);
    await tick(1000);
    expect(document.facts('c', SOURCE)?.outcome?.outcome).toBe('MISS');
    const asked = api.asked.length;
    expect(asked).toBeGreaterThan(1);
    api.answer = answer({}, [['e', fresh]]);
    await tick(2000);
    expect(document.facts('c', SOURCE)?.outcome?.outcome).toBe('MISS');
    const after = api.asked.length;
    await tick(60000);
    expect(api.asked).toHaveLength(after);
  });

  it('drops the outcome when the entry has been removed', async () => {
    const { api, document, run } = setUp();
    run(SOURCE, MISS);
    api.answer = answer({ forecast: 'hit' }, [['e', fresh]]);
    await tick(2000);
    expect(document.facts('c', SOURCE)?.outcome).not.toBeNull();
    api.answer = answer({ forecast: 'run', entry: null });
    await document.ask();
    expect(document.facts('c', SOURCE)?.outcome).toBeNull();
  });

  it('believes the forecast when the entry never comes', async () => {
    const { api, document, run } = setUp();
    api.answer = answer({ forecast: 'run', entry: null });
    run(SOURCE, MISS);
    await tick(200000);
    expect(document.facts('c', SOURCE)?.outcome).toBeNull();
  });

  it('shows that an edit upstream has made the outcome stale', async () => {
    const { api, document, run } = setUp();
    api.answer = answer({}, [['e', fresh]]);
    run(SOURCE, MISS);
    await tick(1000);
    expect(document.facts('c', SOURCE)?.outcome).not.toBeNull();
    api.answer = answer({ forecast: 'run' }, [['e', fresh]]);
    await document.ask();
    expect(document.facts('c', SOURCE)).toMatchObject({
      outcome: null,
      forecast: { forecast: 'run' }
    });
  });

  it('keeps the outcome of a run that its options ask for each time', async () => {
    const { api, document, run } = setUp();
    const asked = {
      sentence: 'the option --verify is set',
      changes: [makeChange({ part: 'options', name: 'verify' })]
    };
    api.answer = answer({ forecast: 'run', reason: asked }, [['e', fresh]]);
    run(SOURCE, { ...MISS, outcome: 'FORCED' });
    await tick(2000);
    expect(document.facts('c', SOURCE)?.outcome?.outcome).toBe('FORCED');
    expect(document.facts('c', `${SOURCE}0`)?.outcome).toBeNull();
    api.answer = answer({ forecast: 'run', reason: asked });
    await document.ask();
    expect(document.facts('c', SOURCE)?.outcome).toBeNull();
  });

  it('keeps the outcome through an edit that changes nothing', async () => {
    const { api, document, run } = setUp();
    api.answer = answer({}, [['e', fresh]]);
    run(SOURCE, MISS);
    await tick(1000);
    expect(document.facts('c', `${SOURCE} # why`)?.outcome).not.toBeNull();
  });

  it('keeps why a run was not stored until the cell is edited', async () => {
    const { api, document, run } = setUp();
    api.answer = answer({ forecast: 'run', entry: null });
    run(SOURCE, { outcome: 'UNCACHED', reason: { sentence: 'f is open' } });
    await tick(200000);
    expect(document.facts('c', SOURCE)?.outcome?.outcome).toBe('UNCACHED');
    expect(document.facts('c', `${SOURCE}0`)?.outcome).toBeNull();
  });

  it('falls back to the forecast when the kernel restarts', async () => {
    const { api, document, run, session } = setUp();
    api.answer = answer({}, [['e', fresh]]);
    run(SOURCE, MISS);
    await tick(1000);
    session.statusChanged.emit('restarting');
    expect(document.facts('c', SOURCE)).toMatchObject({
      outcome: null,
      forecast: { forecast: 'hit' }
    });
  });

  it('has the list fetched again when the notebook was saved', () => {
    const { context, document } = setUp();
    let stored = 0;
    document.stored.connect(() => {
      stored += 1;
    });
    context.saveState.emit('started');
    context.saveState.emit('completed');
    expect(stored).toBe(1);
  });

  it('is silent once it was closed', async () => {
    const { api, context, document, run } = setUp();
    context.disposed.emit();
    expect(document.isDisposed).toBe(true);
    run(SOURCE, MISS);
    await tick(5000);
    expect(api.asked).toEqual([]);
  });
});
