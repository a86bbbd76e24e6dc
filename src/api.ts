import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IEntry, IEntryDetails, IForecast, IRemoved } from './entry';
import {
  readDetails,
  readForecast,
  readMessage,
  readPage,
  readRemoved
} from './entry';

const PREFIX = 'jupyterlab-cacheable';
const PAGE = 5000;

/** A cell as the server judges it: the live document, not the saved file. */
export interface ICell {
  id: string;
  source: string;
  type: string;
}

/** What to clear; `dry_run` only counts. */
export interface IClearRequest {
  scope: 'notebook' | 'all' | 'stale';
  notebook?: string;
  cells?: readonly ICell[];
  dry_run?: boolean;
}

/** What the rest of the front end asks of the server. */
export interface IApi {
  /** Every entry of a notebook, or of all of them, newest first. */
  list(notebook: string | null): Promise<IEntry[]>;
  details(id: string): Promise<IEntryDetails>;
  remove(id: string): Promise<IRemoved>;
  clear(request: IClearRequest): Promise<IRemoved>;
  forecast(notebook: string, cells: readonly ICell[]): Promise<IForecast>;
}

/**
 * A request failed. The message is one plain sentence for the user.
 */
export class ApiError extends Error {
  /**
   * @param absent - whether the server has no such routes at all.
   * @param gone - whether what was asked for does not exist (any more).
   */
  constructor(
    message: string,
    readonly absent = false,
    readonly gone = false
  ) {
    super(message);
  }
}

/**
 * The REST routes of the server part.
 */
export class Api implements IApi {
  constructor(settings: ServerConnection.ISettings, trans: TranslationBundle) {
    this._settings = settings;
    this._trans = trans;
  }

  async list(notebook: string | null): Promise<IEntry[]> {
    const entries: IEntry[] = [];
    let cursor: string | null = null;
    do {
      const page = readPage(
        await this._request('entries', { query: query(notebook, cursor) })
      );
      if (page.problem !== null) {
        throw new ApiError(page.problem);
      }
      entries.push(...page.entries);
      // A server that hands out the same cursor again must not hold us here.
      cursor = page.cursor === cursor ? null : page.cursor;
    } while (cursor !== null);
    return entries;
  }

  async details(id: string): Promise<IEntryDetails> {
    const details = readDetails(await this._request(entryPath(id)));
    if (details === null) {
      throw new ApiError(
        this._trans.__('The server sent an answer that cannot be read.')
      );
    }
    return details;
  }

  async remove(id: string): Promise<IRemoved> {
    return readRemoved(
      await this._request(entryPath(id), { method: 'DELETE' })
    );
  }

  async clear(request: IClearRequest): Promise<IRemoved> {
    return readRemoved(await this._request('clear', { body: request }));
  }

  async forecast(
    notebook: string,
    cells: readonly ICell[]
  ): Promise<IForecast> {
    return readForecast(
      await this._request('forecast', { body: { notebook, cells } })
    );
  }

  private async _request(path: string, call: ICall = {}): Promise<unknown> {
    const response = await this._send(path, call);
    const answer = await json(response);
    if (response.ok) {
      return answer;
    }
    throw this._error(response.status, readMessage(answer));
  }

  private async _send(path: string, call: ICall): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, PREFIX, path);
    try {
      return await ServerConnection.makeRequest(
        url + (call.query ?? ''),
        {
          method: call.method ?? (call.body ? 'POST' : 'GET'),
          body: call.body && JSON.stringify(call.body)
        },
        this._settings
      );
    } catch {
      throw new ApiError(
        this._trans.__('The Jupyter server cannot be reached.')
      );
    }
  }

  private _error(status: number, message: string | null): ApiError {
    // Without our routes the server answers 404 with a page, or with its own
    // "Not Found"; an entry that is gone has a sentence of ours.
    if (status === 404 && (message === null || message === 'Not Found')) {
      return new ApiError(
        this._trans.__(
          'The server part of jupyterlab-cacheable is not installed in this environment.'
        ),
        true
      );
    }
    if (status === 401 || status === 403) {
      return new ApiError(
        this._trans.__('The Jupyter server refused the request: log in again.')
      );
    }
    return new ApiError(
      message ?? this._trans.__('The server answered with error %1.', status),
      false,
      status === 404
    );
  }

  private readonly _settings: ServerConnection.ISettings;
  private readonly _trans: TranslationBundle;
}

interface ICall {
  method?: string;
  query?: string;
  body?: object;
}

function entryPath(id: string): string {
  return `entries/${encodeURIComponent(id)}`;
}

function query(notebook: string | null, cursor: string | null): string {
  const parameters = new URLSearchParams({ limit: String(PAGE) });
  if (notebook !== null) {
    parameters.set('notebook', notebook);
  }
  if (cursor !== null) {
    parameters.set('cursor', cursor);
  }
  return `?${parameters.toString()}`;
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
