import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IApi, ICell } from './api';
import { ApiError } from './api';
import { Coalescer } from './coalescer';
import type { IForecast } from './entry';

const PAUSE = 500;

/** An answer, and when its question was put (milliseconds since the epoch). */
export interface IAnswer extends IForecast {
  asked: number;
}

/**
 * Asks the server what would happen if the cells of one document ran now.
 *
 * Questions are put one after the other; those asked for while one is under way
 * become one. Failures are silent, there is no answer then: the panel, which
 * asks the same server, says what is wrong.
 */
export class Forecaster implements IDisposable {
  /**
   * @param path - the contents path of the document at the time of asking.
   * @param cells - its cells at the time of asking.
   */
  constructor(api: IApi, path: () => string, cells: () => ICell[]) {
    this._api = api;
    this._path = path;
    this._cells = cells;
    this._debouncer = new Debouncer(() => this._askIfEdited(), PAUSE);
  }

  /** The last answer; null before the first and after a failure. */
  get answer(): IAnswer | null {
    return this._answer;
  }

  /** Emitted when there is a new answer. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._debouncer.dispose();
    Signal.clearData(this);
  }

  /**
   * Ask soon, when the document has been left alone for a moment, unless the
   * cells are those of the last question.
   */
  askLater(): void {
    // Without the server part every further question would fail as well.
    if (!this._absent && !this._isDisposed) {
      void this._debouncer.invoke();
    }
  }

  /**
   * Ask now, or once more when the question under way has been answered.
   */
  ask(): Promise<void> {
    return this._asking.run();
  }

  private async _askIfEdited(): Promise<void> {
    if (this._question(this._cells()) !== this._asked) {
      await this.ask();
    }
  }

  private async _put(): Promise<void> {
    const cells = this._cells();
    const asked = Date.now();
    this._asked = this._question(cells);
    try {
      const forecast = await this._api.forecast(this._path(), cells);
      this._absent = false;
      this._answer = { ...forecast, asked };
    } catch (error) {
      this._absent = error instanceof ApiError && error.absent;
      this._answer = null;
      this._asked = '';
    }
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _question(cells: readonly ICell[]): string {
    return JSON.stringify([this._path(), cells]);
  }

  private readonly _api: IApi;
  private readonly _path: () => string;
  private readonly _cells: () => ICell[];
  private readonly _asking = new Coalescer(() => this._put());
  private readonly _debouncer: Debouncer;
  private readonly _changed = new Signal<this, void>(this);
  private _answer: IAnswer | null = null;
  private _asked = '';
  private _absent = false;
  private _isDisposed = false;
}
