import type { ISessionContext } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Throttler } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IApi, ICell } from './api';
import { Autoload } from './autoload';
import type { IBadgeFacts } from './badge';
import type { ICellForecast, IOutcome, IReason } from './entry';
import type { IAnswer } from './forecast';
import { Forecaster } from './forecast';
import { isMarked } from './mark';
import type { IRun } from './outcomes';
import { Outcomes } from './outcomes';

/** How long after a change of the text the badges may show the old one. */
const TYPING = 100;
/** The kernel stores after it has answered; most stores take less than this. */
const STORING = 100;
/** How long a store may take before its absence counts. */
const LONGEST_STORING = 60000;
/** The same when the kernel could not say which entry it would be. */
const UNNAMED_STORING = 3000;

/**
 * What is known of the cells of one open notebook: the outcomes of their runs,
 * and what would happen if they ran now.
 */
export class CacheableDocument implements IDisposable {
  constructor(options: CacheableDocument.IOptions) {
    const { context, api } = options;
    this.context = context;
    this._localPath = options.localPath;
    this._watched = options.watched;
    this.autoload = new Autoload(context.sessionContext, options.autoload);
    this._outcomes = new Outcomes(context.sessionContext);
    this._forecaster = new Forecaster(
      api,
      () => this.path,
      () => this.cells()
    );
    this._edits = new Throttler(() => this._onEdited(), {
      limit: TYPING,
      edge: 'trailing'
    });
    this._outcomes.changed.connect(this._onRunChanged, this);
    this._outcomes.received.connect(this._onOutcome, this);
    this._forecaster.changed.connect(this._onAnswer, this);
    context.model.contentChanged.connect(this._onContent, this);
    context.pathChanged.connect(this._onContent, this);
    context.saveState.connect(this._onSave, this);
    context.disposed.connect(this.dispose, this);
    void context.ready.then(() => this._onContent());
  }

  readonly context: DocumentRegistry.IContext<INotebookModel>;
  readonly autoload: Autoload;

  /** Emitted when a badge or the state of an entry may have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted with the cell id when an outcome has arrived. */
  get received(): ISignal<this, string> {
    return this._received;
  }

  /** Emitted when the list of entries may have changed. */
  get stored(): ISignal<this, void> {
    return this._stored;
  }

  /** Path of the notebook below the server's root. */
  get path(): string {
    return this._localPath(this.context.path);
  }

  get answer(): IAnswer | null {
    return this._forecaster.answer;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    this._edits.dispose();
    this.autoload.dispose();
    this._outcomes.dispose();
    this._forecaster.dispose();
    Signal.clearData(this);
  }

  /** Why the cell that stored an entry ran, if that was in this session. */
  reasonOf(entry: string): IReason | null {
    return this._outcomes.reasonOf(entry);
  }

  /** The cells as they stand in the document now. */
  cells(): ICell[] {
    return Array.from(this.context.model.cells, cell => ({
      id: cell.id,
      source: cell.sharedModel.getSource(),
      type: cell.type
    }));
  }

  /** Whether there is any marked cell. */
  hasMarks(): boolean {
    return this.cells().some(
      cell => cell.type === 'code' && isMarked(cell.source)
    );
  }

  /** Ask what would happen now, if the document has been read already. */
  async ask(): Promise<void> {
    // Without its cells every entry would be judged an orphan.
    if (this.context.isReady && !this._isDisposed) {
      await this._forecaster.ask();
    }
  }

  /**
   * What the badge of a cell is made of; null when it needs none.
   */
  facts(cell: string, source: string): Omit<IBadgeFacts, 'now'> | null {
    const run = this._outcomes.get(cell);
    if (!isMarked(source) && run?.code !== source) {
      return null;
    }
    const forecast = this.answer?.cells.get(cell) ?? null;
    if (run?.running) {
      return { running: true, outcome: null, forecast };
    }
    const outcome =
      run?.outcome &&
      !this._isOvertaken(cell, run, run.outcome, forecast, source)
        ? run.outcome
        : null;
    return { running: false, outcome, forecast };
  }

  /**
   * Whether the forecast says more about a cell than the outcome of its last
   * run, which the document may have left behind.
   */
  private _isOvertaken(
    cell: string,
    run: IRun,
    outcome: IOutcome,
    forecast: ICellForecast | null,
    source: string
  ): boolean {
    if (
      !forecast ||
      !this.answer ||
      this.answer.asked < run.at ||
      outcome.saving
    ) {
      return false;
    }
    if (outcome.outcome === 'UNCACHED') {
      return forecast.forecast === 'hit' || run.code !== source;
    }
    return (
      forecast.forecast === 'run' &&
      (run.code !== source ||
        (!isAsked(forecast, outcome, this.answer) &&
          // It was stored and has been removed since.
          (!this._unsettled.has(cell) || isSettled(run, outcome, this.answer))))
    );
  }

  private _onContent(): void {
    if (!this._isDisposed) {
      void this._edits.invoke();
    }
  }

  private _onEdited(): void {
    if (this._isDisposed || !this.context.isReady) {
      return;
    }
    if (this._watched() || this.hasMarks()) {
      this._forecaster.askLater();
    }
    this._changed.emit();
  }

  private _onRunChanged(): void {
    this._changed.emit();
  }

  private _onOutcome(_: Outcomes, cell: string): void {
    this._received.emit(cell);
    this._unsettled.add(cell);
    this._settleIn(STORING);
  }

  private _onAnswer(): void {
    this._changed.emit();
  }

  private _onSave(_: unknown, state: DocumentRegistry.SaveState): void {
    if (state === 'completed') {
      this._stored.emit();
    }
  }

  /**
   * Look after a pause whether what was computed has been stored. As long as
   * it has not, pauses double.
   */
  private _settleIn(pause: number): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this._settle(pause), pause);
  }

  private async _settle(pause: number): Promise<void> {
    this._stored.emit();
    await this.ask();
    if (this._isDisposed) {
      return;
    }
    for (const cell of this._unsettled) {
      const run = this._outcomes.get(cell);
      if (
        !run?.outcome ||
        !this.answer ||
        isSettled(run, run.outcome, this.answer)
      ) {
        this._unsettled.delete(cell);
      }
    }
    if (this._unsettled.size > 0) {
      this._settleIn(2 * pause);
    }
  }

  private readonly _localPath: (path: string) => string;
  private readonly _watched: () => boolean;
  private readonly _outcomes: Outcomes;
  private readonly _forecaster: Forecaster;
  private readonly _edits: Throttler;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _received = new Signal<this, string>(this);
  private readonly _stored = new Signal<this, void>(this);
  private readonly _unsettled = new Set<string>();
  private _timer = 0;
  private _isDisposed = false;
}

export namespace CacheableDocument {
  export interface IOptions {
    context: DocumentRegistry.IContext<INotebookModel> & {
      sessionContext: ISessionContext;
    };
    api: IApi;
    /** The path of a document without the name of its drive. */
    localPath: (path: string) => string;
    /** Whether the user wants the kernel side loaded. */
    autoload: () => boolean;
    /** Whether states of entries are on screen. */
    watched: () => boolean;
  }
}

/**
 * Whether a cell will run again for no other reason than its options, which
 * ask for that each time, and its last run has left an entry.
 */
function isAsked(
  { reason }: ICellForecast,
  outcome: IOutcome,
  answer: IAnswer
): boolean {
  return (
    outcome.entry !== null &&
    answer.entries.has(outcome.entry) &&
    reason !== null &&
    reason.changes.length > 0 &&
    reason.changes.every(
      ({ part, name }) =>
        part === 'options' && (name === 'force' || name === 'verify')
    )
  );
}

/**
 * Whether an answer could know the entry that a run produced.
 */
function isSettled(run: IRun, outcome: IOutcome, answer: IAnswer): boolean {
  if (outcome.outcome === 'HIT' || outcome.outcome === 'UNCACHED') {
    return true;
  }
  return outcome.entry === null
    ? answer.asked > run.at + UNNAMED_STORING
    : answer.entries.has(outcome.entry) ||
        answer.asked > run.at + LONGEST_STORING;
}
