import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IApi, ICell } from './api';
import { CacheableDocument } from './document';
import type { IJudgement, IReason } from './entry';
import type { IOpenNotebooks } from './model';

/**
 * The open notebooks, one document each, however many views it has.
 */
export class Documents implements IOpenNotebooks, IDisposable {
  constructor(options: Documents.IOptions) {
    this._options = options;
    const { tracker } = options;
    tracker.widgetAdded.connect(this._onAdded, this);
    tracker.currentChanged.connect(this._onCurrentChanged, this);
    NotebookActions.executionScheduled.connect(this._onScheduled, this);
    tracker.forEach(panel => {
      this.of(panel);
    });
  }

  /** Whether states of entries are on screen, so that edits matter. */
  watched = false;

  /** Emitted when another notebook became current or a judgement changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when the list of entries may have changed. */
  get stored(): ISignal<this, void> {
    return this._stored;
  }

  /** The path of the current notebook, null when none is open. */
  get path(): string | null {
    const panel = this._options.tracker.currentWidget;
    return panel && !panel.isDisposed ? this.of(panel).path : null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    for (const document of this._documents.values()) {
      document.dispose();
    }
    this._documents.clear();
    Signal.clearData(this);
  }

  /** The document that a panel shows. */
  of(panel: NotebookPanel): CacheableDocument {
    const known = this._documents.get(panel.context);
    if (known) {
      return known;
    }
    const document = new CacheableDocument({
      context: panel.context,
      api: this._options.api,
      localPath: this._options.localPath,
      autoload: this._options.autoload,
      watched: () => this.watched
    });
    this._documents.set(panel.context, document);
    document.changed.connect(this._onChanged, this);
    document.stored.connect(this._onStored, this);
    panel.context.disposed.connect(this._onClosed, this);
    return document;
  }

  /** The live cells of a notebook, null when it is not open and read. */
  cells(path: string): ICell[] | null {
    const document = this._find(path);
    return document?.context.isReady ? document.cells() : null;
  }

  /** The states of a notebook's entries, judged by its live cells. */
  judgements(path: string): ReadonlyMap<string, IJudgement> | null {
    return this._find(path)?.answer?.entries ?? null;
  }

  /** Why the cell that stored an entry ran, if that was in an open session. */
  reasonOf(entry: string): IReason | null {
    for (const document of this._documents.values()) {
      const reason = document.reasonOf(entry);
      if (reason !== null) {
        return reason;
      }
    }
    return null;
  }

  /**
   * Judge anew: the current notebook, or every one whose states the server does
   * not know from its file or which has badges to bring up to date.
   */
  async ask(scope: 'notebook' | 'all'): Promise<void> {
    const documents = Array.from(this._documents.values()).filter(document =>
      scope === 'all'
        ? document.context.model.dirty || document.hasMarks()
        : document.path === this.path
    );
    await Promise.all(documents.map(document => document.ask()));
  }

  /** Load the kernel side wherever that has not happened yet. */
  load(): void {
    for (const document of this._documents.values()) {
      document.autoload.load();
    }
  }

  private _find(path: string): CacheableDocument | undefined {
    return Array.from(this._documents.values()).find(
      document => document.path === path
    );
  }

  private _onAdded(_: INotebookTracker, panel: NotebookPanel): void {
    this.of(panel);
  }

  private _onCurrentChanged(): void {
    this._changed.emit();
  }

  private _onChanged(): void {
    this._changed.emit();
  }

  private _onStored(): void {
    this._stored.emit();
  }

  private _onClosed(context: NotebookPanel['context']): void {
    this._documents.get(context)?.dispose();
    this._documents.delete(context);
  }

  private _onScheduled(_: unknown, { notebook }: { notebook: Notebook }): void {
    for (const document of this._documents.values()) {
      if (document.context.model === notebook.model) {
        document.autoload.load();
      }
    }
  }

  private readonly _options: Documents.IOptions;
  private readonly _documents = new Map<
    NotebookPanel['context'],
    CacheableDocument
  >();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _stored = new Signal<this, void>(this);
  private _isDisposed = false;
}

export namespace Documents {
  export interface IOptions {
    tracker: INotebookTracker;
    api: IApi;
    /** The path of a document without the name of its drive. */
    localPath: (path: string) => string;
    /** Whether the user wants the kernel side loaded. */
    autoload: () => boolean;
  }
}
