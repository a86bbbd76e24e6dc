/**
 * Does a piece of work one run at a time: however often it is asked for while
 * a run is under way, one more follows.
 */
export class Coalescer {
  constructor(work: () => Promise<void>) {
    this._work = work;
  }

  /** Do the work. Fulfils when the run that was asked for has ended. */
  run(): Promise<void> {
    if (this._running) {
      this._again = true;
      return this._running;
    }
    this._running = this._loop().finally(() => {
      this._running = null;
    });
    return this._running;
  }

  private async _loop(): Promise<void> {
    await this._work();
    while (this._isAskedAgain()) {
      await this._work();
    }
  }

  private _isAskedAgain(): boolean {
    const again = this._again;
    this._again = false;
    return again;
  }

  private readonly _work: () => Promise<void>;
  private _running: Promise<void> | null = null;
  private _again = false;
}
