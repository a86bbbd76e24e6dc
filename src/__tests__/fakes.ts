import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import type { IApi, ICell, IClearRequest } from '../api';
import { ApiError } from '../api';
import type {
  IChange,
  IEntry,
  IEntryDetails,
  IForecast,
  IJudgement,
  IRemoved
} from '../entry';
import { readDetails } from '../entry';
import type { IOpenNotebooks, Scope } from '../model';

export const trans = nullTranslator.load('jupyterlab_cacheable');

export const NOW = Date.parse('2026-05-04T12:00:00.000Z');

/** Two moments: long enough for promises that wait for nothing real. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) {
    await Promise.resolve();
  }
}

export function makeEntry(fields: Partial<IEntry> = {}): IEntry {
  return {
    id: 'entry-1',
    key: `v1:main:${'0123456789abcdef'.repeat(4)}`,
    label: 'fit = simulate(snr)',
    notebook: 'analysis.ipynb',
    notebook_name: 'analysis.ipynb',
    cell_id: 'cell-1',
    state: 'fresh',
    reason: null,
    verdict: null,
    size: 14_300_000,
    duration: 2.1,
    created_at: '2026-05-04T11:57:00.000Z',
    last_used_at: null,
    hits: 0,
    saved: 0,
    tags: [],
    expires_at: null,
    ...fields
  };
}

export function makeChange(fields: Partial<IChange>): IChange {
  const none = { name: null, cell: null, old: null, new: null, detail: null };
  return { part: 'upstream', ...none, diff: [], ...fields };
}

export function makeDetails(
  entry: IEntry,
  fields: Record<string, unknown> = {}
): IEntryDetails {
  return readDetails({ ...entry, ...fields })!;
}

/** A server that holds its entries in a list and remembers what was asked. */
export class FakeApi implements IApi {
  constructor(public entries: IEntry[] = []) {}

  asked: string[] = [];
  details_: Record<string, unknown> = {};
  failure: ApiError | null = null;
  answer: IForecast = { entries: new Map(), cells: new Map() };
  cells: readonly ICell[] = [];
  clears: IClearRequest[] = [];
  /** What answers wait for. */
  gate: Promise<void> = Promise.resolve();

  async list(notebook: string | null): Promise<IEntry[]> {
    await this._ask(`list ${notebook}`);
    return this.entries.filter(
      entry => notebook === null || entry.notebook === notebook
    );
  }

  async details(id: string): Promise<IEntryDetails> {
    await this._ask(`details ${id}`);
    return makeDetails(this._find(id), this.details_);
  }

  async remove(id: string): Promise<IRemoved> {
    await this._ask(`remove ${id}`);
    const { size } = this._find(id);
    this.entries = this.entries.filter(entry => entry.id !== id);
    return { removed: 1, bytes: size };
  }

  async clear(request: IClearRequest): Promise<IRemoved> {
    await this._ask(`clear ${request.scope}`);
    this.clears.push(request);
    const goes = (entry: IEntry): boolean =>
      request.scope === 'all' ||
      (entry.notebook === request.notebook &&
        (request.scope === 'notebook' || entry.state === 'stale'));
    const gone = this.entries.filter(goes);
    if (request.dry_run !== true) {
      this.entries = this.entries.filter(entry => !goes(entry));
    }
    return {
      removed: gone.length,
      bytes: gone.reduce((sum, entry) => sum + entry.size, 0)
    };
  }

  async forecast(
    notebook: string,
    cells: readonly ICell[]
  ): Promise<IForecast> {
    this.cells = cells;
    await this._ask(`forecast ${notebook}`);
    return this.answer;
  }

  private _find(id: string): IEntry {
    const entry = this.entries.find(entry => entry.id === id);
    if (!entry) {
      throw new ApiError('There is no such entry', false, true);
    }
    return entry;
  }

  private async _ask(question: string): Promise<void> {
    this.asked.push(question);
    await this.gate;
    if (this.failure) {
      throw this.failure;
    }
  }
}

/** Open notebooks whose judgements a test sets. */
export class FakeNotebooks implements IOpenNotebooks {
  watched = false;
  path: string | null = 'analysis.ipynb';
  changed = new Signal<this, void>(this);
  stored = new Signal<this, void>(this);
  judged = new Map<string, IJudgement>();
  live: ICell[] | null = null;
  asked: Scope[] = [];

  ask(scope: Scope): Promise<void> {
    this.asked.push(scope);
    return Promise.resolve();
  }

  cells(path: string): ICell[] | null {
    return path === this.path ? this.live : null;
  }

  judgements(path: string): ReadonlyMap<string, IJudgement> | null {
    return path === this.path ? this.judged : null;
  }
}

/** A kernel connection that remembers what was sent, in order. */
export class FakeKernel {
  constructor(
    readonly name = 'python3',
    language: string | null = 'python'
  ) {
    this.info = new Promise(resolve => {
      this.tellLanguage = (name: string): void => {
        resolve({ language_info: { name } });
      };
    });
    if (language !== null) {
      this.tellLanguage(language);
    }
  }

  readonly info: Promise<{ language_info: { name: string } }>;
  tellLanguage!: (name: string) => void;
  anyMessage = new Signal<this, Kernel.IAnyMessageArgs>(this);
  sent: string[] = [];
  requests: object[] = [];
  /** The text of the user expression in each reply. */
  replies: string[] = [];

  requestExecute(content: { code: string }): { done: Promise<object> } {
    this.sent.push(content.code === '' ? 'load' : content.code);
    this.requests.push(content);
    const text = this.replies.shift() ?? "'loaded'";
    return {
      done: Promise.resolve({
        content: {
          status: 'ok',
          user_expressions: {
            cacheable: { status: 'ok', data: { 'text/plain': text } }
          }
        }
      })
    };
  }

  emit(
    direction: 'send' | 'recv',
    type: string,
    fields: {
      id?: string;
      parent?: string;
      metadata?: object;
      code?: string;
    }
  ): void {
    this.anyMessage.emit({
      direction,
      msg: {
        header: { msg_type: type, msg_id: fields.id ?? '' },
        parent_header: fields.parent ? { msg_id: fields.parent } : {},
        metadata: fields.metadata ?? {},
        content: { code: fields.code ?? '' }
      }
    } as unknown as Kernel.IAnyMessageArgs);
  }
}

/** A session whose kernel and status a test sets. */
export class FakeSession {
  constructor(kernel: FakeKernel | null = null) {
    this.session = { kernel };
  }

  session: { kernel: FakeKernel | null };
  kernelChanged = new Signal<this, { newValue: FakeKernel | null }>(this);
  statusChanged = new Signal<this, string>(this);
  specsManager = {
    specs: {
      kernelspecs: {
        python3: { language: 'python' },
        ir: { language: 'R' }
      }
    }
  };

  setKernel(kernel: FakeKernel | null): void {
    this.session.kernel = kernel;
    this.kernelChanged.emit({ newValue: kernel });
  }

  get context(): ISessionContext {
    return this as unknown as ISessionContext;
  }
}
