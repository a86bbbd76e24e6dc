import { ApiError } from '../api';
import { Format } from '../format';
import { EntriesModel } from '../model';
import type { IQuestion } from '../prompt';
import { Removal } from '../removal';
import { FakeApi, FakeNotebooks, makeEntry, trans } from './fakes';

interface ISetUp {
  api: FakeApi;
  notebooks: FakeNotebooks;
  model: EntriesModel;
  removal: Removal;
  said: string[];
  questions: IQuestion[];
}

/**
 * @param answer - what the user says to a question.
 */
async function setUp(
  answer: (screen: ISetUp) => boolean = () => false
): Promise<ISetUp> {
  const api = new FakeApi([
    makeEntry({ id: 'a', label: 'a = 1', size: 1000 }),
    makeEntry({ id: 'b', state: 'stale', size: 14_300_000 }),
    makeEntry({ id: 'c', notebook: 'c.ipynb' })
  ]);
  const notebooks = new FakeNotebooks();
  const model = new EntriesModel(api, notebooks);
  await model.refresh();
  const said: string[] = [];
  const questions: IQuestion[] = [];
  const prefixed =
    (prefix: string) =>
    (text: string): void => {
      said.push(`${prefix}: ${text}`);
    };
  const removal: Removal = new Removal({
    model,
    trans,
    format: new Format(trans, 'en'),
    say: prefixed('aloud'),
    prompt: {
      confirm: question => {
        questions.push(question);
        return Promise.resolve(answer(screen));
      },
      done: prefixed('done'),
      note: prefixed('note'),
      advise: prefixed('advise'),
      fail: prefixed('fail')
    }
  });
  const screen: ISetUp = { api, notebooks, model, removal, said, questions };
  return screen;
}

describe('Removal', () => {
  it('invalidates one entry at once and says so', async () => {
    const { model, removal, said, questions } = await setUp();
    await removal.invalidate('a');
    expect(model.find('a')).toBeUndefined();
    expect(said).toEqual(['aloud: a = 1 was removed']);
    expect(questions).toEqual([]);
  });

  it('asks first when something else than the panel wants to invalidate', async () => {
    const answers = [false, true];
    const { model, removal, questions } = await setUp(() => answers.shift()!);
    await removal.confirmInvalidate('a');
    expect(model.find('a')).toBeDefined();
    expect(questions[0]!.body).toContain('“a = 1”');
    await removal.confirmInvalidate('a');
    expect(model.find('a')).toBeUndefined();
  });

  it('clears stale entries without a question and names count and size', async () => {
    const { model, removal, said, questions } = await setUp();
    await removal.clearStale();
    expect(model.find('b')).toBeUndefined();
    expect(questions).toEqual([]);
    expect(said).toEqual(['done: Removed 1 stale entry, 14.3 MB']);
  });

  it('says when there is nothing stale', async () => {
    const { removal, said } = await setUp();
    await removal.clearStale();
    await removal.clearStale();
    expect(said[1]).toBe('note: There are no stale entries.');
  });

  it('names count, size and scope before it clears', async () => {
    const { api, removal, questions } = await setUp();
    await removal.clear('notebook');
    await removal.clear('all');
    expect(questions).toEqual([
      {
        title: 'Clear the entries of this notebook?',
        body: 'This removes 2 entries (14.3 MB) of analysis.ipynb. The cells will run again.',
        accept: 'Clear 2 entries'
      },
      {
        title: 'Clear the entries of all notebooks?',
        body: 'This removes all 3 entries (28.6 MB), whichever notebook they belong to. The cells will run again.',
        accept: 'Clear 3 entries'
      }
    ]);
    expect(api.entries).toHaveLength(3);
  });

  it('clears when the user agrees', async () => {
    const { api, removal, said } = await setUp(() => true);
    await removal.clear('notebook');
    expect(api.entries.map(entry => entry.id)).toEqual(['c']);
    expect(said).toEqual(['done: Removed 2 entries, 14.3 MB']);
  });

  it('clears nothing when another notebook has become current meanwhile', async () => {
    const { api, removal } = await setUp(({ notebooks }) => {
      notebooks.path = 'c.ipynb';
      notebooks.changed.emit();
      return true;
    });
    await removal.clear('notebook');
    expect(api.entries).toHaveLength(3);
  });

  it('does not ask when there is nothing to clear', async () => {
    const { api, removal, said, questions } = await setUp(() => true);
    api.entries = [];
    await removal.clear('all');
    expect(questions).toEqual([]);
    expect(said).toEqual(['note: There is nothing to clear.']);
  });

  it('tells in one sentence what went wrong', async () => {
    const { api, model, removal, said } = await setUp();
    model.active = true;
    api.failure = new ApiError('the folder is read only');
    await removal.invalidate('a');
    await removal.clear('all');
    expect(said).toEqual(Array(2).fill('fail: the folder is read only'));
  });
});
