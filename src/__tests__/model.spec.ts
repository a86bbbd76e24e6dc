import { ApiError } from '../api';
import { EntriesModel } from '../model';
import { FakeApi, FakeNotebooks, makeEntry, settle } from './fakes';

const fresh = makeEntry({ id: 'fresh' });
const stale = makeEntry({ id: 'stale', state: 'stale', label: 'old', size: 5 });
const other = makeEntry({
  id: 'other',
  notebook: 'b/other.ipynb',
  notebook_name: 'other.ipynb',
  tags: ['deep'],
  state: 'stale'
});
const outside = makeEntry({
  id: 'outside',
  notebook: null,
  notebook_name: 'outside.ipynb',
  state: 'expired',
  size: 7
});

function setUp(): {
  api: FakeApi;
  notebooks: FakeNotebooks;
  model: EntriesModel;
  emissions: () => number;
} {
  const api = new FakeApi([fresh, stale, other, outside]);
  const notebooks = new FakeNotebooks();
  const model = new EntriesModel(api, notebooks);
  let count = 0;
  model.changed.connect(() => {
    count += 1;
  });
  return { api, notebooks, model, emissions: () => count };
}

const ids = (model: EntriesModel): string[] =>
  model.entries.map(entry => entry.id);

describe('EntriesModel', () => {
  it('lists the entries of the current notebook when it becomes active', async () => {
    const { api, model, notebooks } = setUp();
    expect(model.status).toBe('loading');
    model.active = true;
    await settle();
    expect(api.asked).toEqual(['list analysis.ipynb']);
    expect(notebooks.asked).toEqual(['notebook']);
    expect(notebooks.watched).toBe(true);
    expect(model.status).toBe('ready');
    expect(ids(model)).toEqual(['fresh', 'stale']);
  });

  it('fetches nothing while nobody looks', async () => {
    const { api, model, notebooks } = setUp();
    notebooks.stored.emit();
    notebooks.path = 'b/other.ipynb';
    notebooks.changed.emit();
    model.scope = 'all';
    await settle();
    expect(api.asked).toEqual([]);
  });

  it('makes one request of many in a short time', async () => {
    jest.useFakeTimers();
    try {
      const { api, model, notebooks } = setUp();
      model.active = true;
      await settle();
      api.asked = [];
      for (let i = 0; i < 10; i += 1) {
        notebooks.stored.emit();
      }
      await jest.advanceTimersByTimeAsync(300);
      expect(api.asked).toEqual(['list analysis.ipynb']);
      expect(notebooks.asked).toEqual(['notebook']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('does not emit when nothing has changed', async () => {
    const { model, emissions } = setUp();
    await model.refresh();
    const before = emissions();
    await model.refresh();
    expect(emissions()).toBe(before);
  });

  it('shows entries as the live document judges them', async () => {
    const { model, notebooks, emissions } = setUp();
    await model.refresh();
    const before = emissions();
    const reason = { sentence: 'edited', changes: [] };
    notebooks.judged.set('fresh', { state: 'stale', reason, verdict: null });
    notebooks.changed.emit();
    expect(model.find('fresh')).toMatchObject({ state: 'stale', reason });
    expect(emissions()).toBe(before + 1);
    notebooks.changed.emit();
    expect(emissions()).toBe(before + 1);
  });

  it('has one sentence when the server fails, and recovers', async () => {
    const { api, model } = setUp();
    api.failure = new ApiError('the disk is full');
    await model.refresh();
    expect(model.status).toBe('error');
    expect(model.error).toBe('the disk is full');
    api.failure = null;
    await model.refresh();
    expect(model.status).toBe('ready');
    expect(ids(model)).toEqual(['fresh', 'stale']);
  });

  it('asks nobody when no notebook is open', async () => {
    const { api, model, notebooks } = setUp();
    notebooks.path = null;
    notebooks.changed.emit();
    await model.refresh();
    expect(api.asked).toEqual([]);
    expect(model.status).toBe('ready');
    expect(await model.clear('notebook', false)).toEqual({
      removed: 0,
      bytes: 0
    });
    expect(api.asked).toEqual([]);
  });

  it('starts over when another notebook becomes current', async () => {
    const { api, model, notebooks } = setUp();
    model.active = true;
    await settle();
    notebooks.path = 'b/other.ipynb';
    notebooks.changed.emit();
    expect(model.status).toBe('loading');
    expect(model.entries).toEqual([]);
    await settle();
    expect(ids(model)).toEqual(['other']);
    expect(api.asked).toEqual(['list analysis.ipynb', 'list b/other.ipynb']);
  });

  it('does not show the answer to an older question', async () => {
    const { api, model, notebooks } = setUp();
    let open = (): void => undefined;
    api.gate = new Promise(resolve => {
      open = resolve;
    });
    model.active = true;
    await settle();
    notebooks.path = 'b/other.ipynb';
    notebooks.changed.emit();
    const shown: string[][] = [];
    model.changed.connect(() => shown.push(ids(model)));
    open();
    await settle();
    expect(shown).toEqual([['other']]);
  });

  it('filters by words in name, state, tag and notebook', async () => {
    const { model } = setUp();
    model.scope = 'all';
    await model.refresh();
    const found = (filter: string): string[] => {
      model.filter = filter;
      return model.groups().flatMap(group => group.entries.map(one => one.id));
    };
    expect(found('')).toHaveLength(4);
    expect(found('OLD stale')).toEqual(['stale']);
    expect(found('deep')).toEqual(['other']);
    expect(found('outside')).toEqual(['outside']);
    expect(found('nothing like it')).toEqual([]);
  });

  it('groups by notebook, the current one first', async () => {
    const { api, model } = setUp();
    api.entries = [other, fresh, outside, stale];
    model.scope = 'all';
    await model.refresh();
    expect(model.groups()).toMatchObject([
      { path: 'analysis.ipynb', bytes: fresh.size + stale.size },
      { path: 'b/other.ipynb', name: 'other.ipynb' },
      { path: null, name: 'outside.ipynb' }
    ]);
  });

  it('opens and closes details', async () => {
    const { model } = setUp();
    await model.refresh();
    const opening = model.toggle('fresh');
    expect(model.opened).toEqual({ id: 'fresh', details: null, error: null });
    await opening;
    expect(model.opened?.details?.id).toBe('fresh');
    await model.toggle('fresh');
    expect(model.opened).toBeNull();
  });

  it('shows the details of the last entry that was opened', async () => {
    const { model } = setUp();
    await Promise.all([model.open('fresh'), model.open('stale')]);
    expect(model.opened?.details?.id).toBe('stale');
  });

  it('says why there are no details', async () => {
    const { api, model } = setUp();
    api.failure = new ApiError('no');
    await model.open('fresh');
    expect(model.opened).toEqual({ id: 'fresh', details: null, error: 'no' });
  });

  it('reveals an entry whatever is filtered and listed', async () => {
    const { model } = setUp();
    const revealed: string[] = [];
    model.revealed.connect((_, id) => revealed.push(id));
    model.active = true;
    model.scope = 'all';
    model.filter = 'xyz';
    await model.reveal('cell-1', 'fresh');
    await settle();
    expect(model.filter).toBe('');
    expect(revealed).toEqual(['fresh']);
    expect(model.opened?.id).toBe('fresh');
  });

  it('reveals the newest entry of a cell whose badge names none', async () => {
    const { model } = setUp();
    await model.reveal('cell-1', null);
    expect(model.opened?.id).toBe('fresh');
    await model.reveal('a cell without entry', null);
    expect(model.opened?.id).toBe('fresh');
  });

  it('removes an entry, also one that is gone already', async () => {
    const { api, model } = setUp();
    await model.refresh();
    await model.open('fresh');
    await model.remove('fresh');
    expect(ids(model)).toEqual(['stale']);
    expect(model.opened).toBeNull();
    api.entries = [];
    await model.remove('stale');
    expect(ids(model)).toEqual([]);
  });

  it('keeps the list when a removal fails', async () => {
    const { api, model } = setUp();
    await model.refresh();
    api.failure = new ApiError('read only');
    await expect(model.remove('fresh')).rejects.toThrow('read only');
    expect(ids(model)).toEqual(['fresh', 'stale']);
  });

  it('removes stale entries as they are shown: live cells, files, single ones', async () => {
    const { api, model, notebooks } = setUp();
    notebooks.live = [{ id: 'c', source: 'x', type: 'code' }];
    model.scope = 'all';
    await model.refresh();
    expect(model.stale().map(entry => entry.id)).toEqual([
      'stale',
      'other',
      'outside'
    ]);
    expect(await model.removeStale()).toEqual({
      removed: 3,
      bytes: 5 + other.size + 7
    });
    expect(api.clears).toEqual([
      { scope: 'stale', notebook: 'analysis.ipynb', cells: notebooks.live },
      { scope: 'stale', notebook: 'b/other.ipynb', cells: undefined }
    ]);
    expect(ids(model)).toEqual(['fresh']);
  });

  it('counts before it clears', async () => {
    const { api, model } = setUp();
    await model.refresh();
    expect(await model.clear('notebook', true)).toMatchObject({ removed: 2 });
    expect(ids(model)).toHaveLength(2);
    await model.clear('notebook', false);
    expect(ids(model)).toEqual([]);
    expect(api.clears.map(request => request.notebook)).toEqual([
      'analysis.ipynb',
      'analysis.ipynb'
    ]);
  });
});
