import { ServerConnection } from '@jupyterlab/services';

import { Api, ApiError } from '../api';
import { makeEntry, trans } from './fakes';

interface IAnswer {
  status?: number;
  json?: unknown;
}

function makeApi(answers: IAnswer[]): { api: Api; asked: string[] } {
  const asked: string[] = [];
  class FakeRequest {
    constructor(
      readonly url: string,
      readonly init: { method: string; body?: string }
    ) {}
    headers = { has: (): boolean => true, append: (): void => undefined };
  }
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://host/base/',
    token: '',
    Request: FakeRequest as unknown as typeof Request,
    fetch: (request: unknown) => {
      const { url, init } = request as FakeRequest;
      const path = url.replace('http://host/base/', '').replace(/[&?]\d+$/, '');
      asked.push([init.method, path, init.body].filter(Boolean).join(' '));
      const answer = answers.shift();
      return answer
        ? Promise.resolve({
            ok: (answer.status ?? 200) < 400,
            status: answer.status ?? 200,
            json: () =>
              answer.json === undefined
                ? Promise.reject(new Error('not JSON'))
                : Promise.resolve(answer.json)
          } as Response)
        : Promise.reject(new TypeError('offline'));
    }
  });
  return { api: new Api(settings, trans), asked };
}

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as ApiError
  );
}

describe('Api', () => {
  it('fetches page after page', async () => {
    const { api, asked } = makeApi([
      { json: { entries: [makeEntry({ id: 'a' })], cursor: 'next' } },
      { json: { entries: [makeEntry({ id: 'b' })], cursor: null } }
    ]);
    const entries = await api.list('my notebook.ipynb');
    expect(entries.map(entry => entry.id)).toEqual(['a', 'b']);
    expect(asked).toEqual([
      'GET jupyterlab-cacheable/entries?limit=5000&notebook=my+notebook.ipynb',
      'GET jupyterlab-cacheable/entries?limit=5000&notebook=my+notebook.ipynb&cursor=next'
    ]);
  });

  it('does not follow a cursor that leads nowhere', async () => {
    const page = { json: { entries: [], cursor: 'same' } };
    const { api, asked } = makeApi([page, page]);
    await api.list(null);
    expect(asked).toHaveLength(2);
  });

  it('sends ids encoded and bodies as JSON', async () => {
    const { api, asked } = makeApi([
      { json: { removed: 1, bytes: 5 } },
      { json: { removed: 2, bytes: 6 } }
    ]);
    expect(await api.remove('../x')).toEqual({ removed: 1, bytes: 5 });
    await api.clear({ scope: 'all', dry_run: true });
    expect(asked).toEqual([
      'DELETE jupyterlab-cacheable/entries/..%2Fx',
      'POST jupyterlab-cacheable/clear {"scope":"all","dry_run":true}'
    ]);
  });

  it('says when the server part is not installed', async () => {
    const { api } = makeApi([{ status: 404 }]);
    const error = await failure(api.list(null));
    expect(error.message).toBe(
      'The server part of jupyterlab-cacheable is not installed in this environment.'
    );
    expect(error.absent).toBe(true);
  });

  it('knows an entry that is gone from a server without routes', async () => {
    const { api } = makeApi([
      { status: 404, json: { message: 'there is no such entry', reason: null } }
    ]);
    const error = await failure(api.details('a'));
    expect(error).toMatchObject({
      message: 'there is no such entry',
      absent: false,
      gone: true
    });
  });

  it('passes the sentence of the server on', async () => {
    const { api } = makeApi([
      { status: 400, json: { message: 'the disk is full', reason: null } },
      { json: { entries: [], problem: 'the store is a link' } }
    ]);
    expect((await failure(api.clear({ scope: 'all' }))).message).toBe(
      'the disk is full'
    );
    expect((await failure(api.list(null))).message).toBe('the store is a link');
  });

  it('has a sentence for everything else', async () => {
    const { api } = makeApi([{ status: 500 }, { status: 403 }]);
    expect((await failure(api.list(null))).message).toBe(
      'The server answered with error 500.'
    );
    expect((await failure(api.list(null))).message).toContain('refused');
    expect((await failure(api.list(null))).message).toBe(
      'The Jupyter server cannot be reached.'
    );
  });
});
