import { JSONExt, type ReadonlyPartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Throttler } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IApi, ICell } from './api';
import { ApiError } from './api';
import { Coalescer } from './coalescer';
import type { IEntry, IEntryDetails, IJudgement, IRemoved } from './entry';
import { isStale } from './entry';

const REFRESH = 150;

/** Whose entries are listed. */
export type Scope = 'notebook' | 'all';

/** What the list needs to know about the open notebooks. */
export interface IOpenNotebooks {
  /** Whether states of entries are on screen, so that edits matter. */
  watched: boolean;
  /** The path of the current notebook, null when none is open. */
  readonly path: string | null;
  /** Emitted when another notebook became current or a judgement changed. */
  readonly changed: ISignal<unknown, void>;
  /** Emitted when the list of entries may have changed. */
  readonly stored: ISignal<unknown, void>;
  /** Judge anew: the current notebook, or every open one that it matters for. */
  ask(scope: Scope): Promise<void>;
  /** The live cells of a notebook, null when it is not open. */
  cells(path: string): ICell[] | null;
  /** The states of a notebook's entries, judged by its live cells. */
  judgements(path: string): ReadonlyMap<string, IJudgement> | null;
}

/** The entries of one notebook. */
export interface IGroup {
  /** Contents path; null when outside the server's root or unknown. */
  path: string | null;
  /** The name of the file, empty when unknown. */
  name: string;
  entries: IEntry[];
  bytes: number;
}

/** The entry whose details are shown. */
export interface IOpened {
  id: string;
  /** Null while it loads and when it failed. */
  details: IEntryDetails | null;
  /** Why there are no details, in one sentence. */
  error: string | null;
}

/**
 * The list of entries.
 *
 * It is fetched whole and filtered here, so that what is on screen, what is
 * counted and what is removed agree. While nobody looks nothing is fetched.
 */
export class EntriesModel implements IDisposable {
  constructor(api: IApi, notebooks: IOpenNotebooks) {
    this._api = api;
    this._notebooks = notebooks;
    this._path = notebooks.path;
    this._throttler = new Throttler(() => this._refreshing.run(), {
      limit: REFRESH,
      edge: 'trailing'
    });
    notebooks.changed.connect(this._onNotebooks, this);
    notebooks.stored.connect(this.refreshSoon, this);
  }

  /** Emitted when anything that is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted with the id of an entry that the user wants to see. */
  get revealed(): ISignal<this, string> {
    return this._revealed;
  }

  /** Whether anybody looks. */
  get active(): boolean {
    return this._active;
  }
  set active(active: boolean) {
    if (active === this._active) {
      return;
    }
    this._active = active;
    this._notebooks.watched = active;
    if (active) {
      void this.refresh();
    }
  }

  get scope(): Scope {
    return this._scope;
  }
  set scope(scope: Scope) {
    if (scope !== this._scope) {
      this._scope = scope;
      this._restart();
    }
  }

  get filter(): string {
    return this._filter;
  }
  set filter(filter: string) {
    if (filter !== this._filter) {
      this._filter = filter;
      this._changed.emit();
    }
  }

  /** The path of the current notebook, null when none is open. */
  get path(): string | null {
    return this._path;
  }

  /** What the list is: not there yet, there, or not to be had. */
  get status(): 'loading' | 'ready' | 'error' {
    return this._status;
  }

  /** Why there is no list, in one sentence. */
  get error(): string {
    return this._error;
  }

  /** All entries of the scope, newest first. */
  get entries(): readonly IEntry[] {
    return this._entries;
  }

  /** The entry whose details are shown. */
  get opened(): IOpened | null {
    return this._opened;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._throttler.dispose();
    Signal.clearData(this);
  }

  /** The entries that match the filter, the current notebook's first. */
  groups(): IGroup[] {
    const words = this._filter.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = new Map<string, IGroup>();
    for (const entry of this._entries) {
      if (words.every(word => searchText(entry).includes(word))) {
        addToGroup(groups, entry);
      }
    }
    return Array.from(groups.values()).sort(
      (a, b) => Number(b.path === this._path) - Number(a.path === this._path)
    );
  }

  /** The entries that cannot hit any more. */
  stale(): IEntry[] {
    return this._entries.filter(entry => isStale(entry.state));
  }

  find(id: string): IEntry | undefined {
    return this._entries.find(entry => entry.id === id);
  }

  /**
   * Fetch the list soon; requests in between become one. Notebooks look after
   * the judgement of their entries themselves then.
   */
  refreshSoon(): void {
    if (this._active && !this._isDisposed) {
      void this._throttler.invoke();
    }
  }

  /**
   * Fetch the list and judge the entries now, or once more when the fetch under
   * way has ended.
   */
  refresh(): Promise<void> {
    this._judgeAnew = true;
    return this._refreshing.run();
  }

  /** Show the details of an entry, or hide them if they are shown. */
  async toggle(id: string): Promise<void> {
    if (this._isOpened(id)) {
      this.close();
    } else {
      await this.open(id);
    }
  }

  /** Hide the details. */
  close(): void {
    if (this._opened) {
      this._opened = null;
      this._changed.emit();
    }
  }

  /** Show the details of an entry. */
  async open(id: string): Promise<void> {
    this._opened = { id, details: null, error: null };
    this._changed.emit();
    const opened = await this._fetchDetails(id);
    if (this._isOpened(id)) {
      this._opened = opened;
      this._changed.emit();
    }
  }

  /**
   * Bring an entry of the current notebook before the user's eyes: the one that
   * is named, or the newest of the cell.
   */
  async reveal(cell: string, entry: string | null): Promise<void> {
    this._filter = '';
    const id = entry ?? (await this._newestOf(cell));
    if (id === null) {
      this._changed.emit();
      return;
    }
    if (this._scope !== 'notebook' && !this.find(id)) {
      this.scope = 'notebook';
    }
    this._revealed.emit(id);
    await this.open(id);
  }

  /**
   * Remove one entry.
   *
   * @throws ApiError
   */
  async remove(id: string): Promise<void> {
    try {
      await this._api.remove(id);
    } catch (error) {
      // Somebody else was faster: the list is wrong, the wish is fulfilled.
      if (!(error instanceof ApiError && error.gone)) {
        throw error;
      }
    }
    this._setEntries(this._entries.filter(entry => entry.id !== id));
    await this.refresh();
  }

  /**
   * Remove the entries that cannot hit any more. Notebooks that are open are
   * judged by their live cells, as the list is, the others by their files.
   *
   * @throws ApiError
   */
  async removeStale(): Promise<IRemoved> {
    const sum: IRemoved = { removed: 0, bytes: 0 };
    const add = (one: IRemoved): void => {
      sum.removed += one.removed;
      sum.bytes += one.bytes;
    };
    const stale = this.stale();
    for (const entry of stale.filter(entry => entry.notebook === null)) {
      add(await this._api.remove(entry.id));
    }
    for (const notebook of new Set(stale.map(entry => entry.notebook))) {
      if (notebook !== null) {
        const cells = this._notebooks.cells(notebook) ?? undefined;
        add(await this._api.clear({ scope: 'stale', notebook, cells }));
      }
    }
    await this.refresh();
    return sum;
  }

  /**
   * Remove every entry of a scope, or count what that would remove.
   *
   * @throws ApiError
   */
  async clear(scope: Scope, dryRun: boolean): Promise<IRemoved> {
    if (scope === 'notebook' && this._path === null) {
      return { removed: 0, bytes: 0 };
    }
    const notebook =
      scope === 'notebook' ? (this._path ?? undefined) : undefined;
    const removed = await this._api.clear({ scope, notebook, dry_run: dryRun });
    if (!dryRun) {
      await this.refresh();
    }
    return removed;
  }

  private async _load(): Promise<void> {
    const scope = this._scope;
    const path = scope === 'all' ? null : this._path;
    if (scope === 'notebook' && path === null) {
      this._show('ready', []);
      return;
    }
    const judged = this._judgeAnew ? this._notebooks.ask(scope) : undefined;
    this._judgeAnew = false;
    try {
      const [entries] = await Promise.all([this._api.list(path), judged]);
      if (scope === this._scope && (path ?? this._path) === this._path) {
        this._show('ready', entries);
      }
    } catch (error) {
      this._error = (error as Error).message;
      this._show('error', []);
    }
  }

  private _show(status: 'ready' | 'error', entries: IEntry[]): void {
    const isNews = status !== this._status || status === 'error';
    this._status = status;
    if (!this._setEntries(entries) && isNews) {
      this._changed.emit();
    }
  }

  /**
   * Take a new list if it differs from the one there is.
   *
   * @returns whether it did.
   */
  private _setEntries(entries: readonly IEntry[]): boolean {
    const judged = entries.map(entry => this._judge(entry));
    if (isEqual(judged, this._entries)) {
      return false;
    }
    this._entries = judged;
    if (
      this._opened &&
      !this.find(this._opened.id) &&
      this._status === 'ready'
    ) {
      this._opened = null;
    }
    this._changed.emit();
    return true;
  }

  private _isOpened(id: string): boolean {
    return this._opened?.id === id;
  }

  private async _newestOf(cell: string): Promise<string | null> {
    const find = (): IEntry | undefined =>
      this._entries.find(
        entry => entry.cell_id === cell && entry.notebook === this._path
      );
    if (!find()) {
      await this.refresh();
    }
    return find()?.id ?? null;
  }

  private _judge(entry: IEntry): IEntry {
    const judgement =
      entry.notebook === null
        ? undefined
        : this._notebooks.judgements(entry.notebook)?.get(entry.id);
    return judgement ? { ...entry, ...judgement } : entry;
  }

  private async _fetchDetails(id: string): Promise<IOpened> {
    try {
      return { id, details: await this._api.details(id), error: null };
    } catch (error) {
      return { id, details: null, error: (error as Error).message };
    }
  }

  private _onNotebooks(): void {
    const path = this._notebooks.path;
    if (path === this._path) {
      this._setEntries(this._entries);
      return;
    }
    this._path = path;
    if (this._scope === 'notebook') {
      this._restart();
    } else {
      this._changed.emit();
    }
  }

  /** Start over with another set of entries. */
  private _restart(): void {
    this._status = 'loading';
    this._opened = null;
    this._entries = [];
    this._changed.emit();
    if (this._active) {
      void this.refresh();
    }
  }

  private readonly _api: IApi;
  private readonly _notebooks: IOpenNotebooks;
  private readonly _refreshing = new Coalescer(() => this._load());
  private readonly _throttler: Throttler;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _revealed = new Signal<this, string>(this);
  private _judgeAnew = false;
  private _active = false;
  private _scope: Scope = 'notebook';
  private _filter = '';
  private _path: string | null;
  private _status: 'loading' | 'ready' | 'error' = 'loading';
  private _error = '';
  private _entries: readonly IEntry[] = [];
  private _opened: IOpened | null = null;
  private _isDisposed = false;
}

function searchText(entry: IEntry): string {
  return [
    entry.label,
    entry.notebook_name,
    entry.notebook ?? '',
    entry.state,
    entry.key,
    ...entry.tags
  ]
    .join(' ')
    .toLowerCase();
}

function addToGroup(groups: Map<string, IGroup>, entry: IEntry): void {
  // A path has no colon at its start, so that these cannot meet.
  const key = entry.notebook ?? `:${entry.notebook_name}`;
  const group = groups.get(key) ?? {
    path: entry.notebook,
    name: entry.notebook_name,
    entries: [],
    bytes: 0
  };
  group.entries.push(entry);
  group.bytes += entry.size;
  groups.set(key, group);
}

function isEqual(a: readonly IEntry[], b: readonly IEntry[]): boolean {
  return JSONExt.deepEqual(
    a as unknown as ReadonlyPartialJSONValue,
    b as unknown as ReadonlyPartialJSONValue
  );
}
