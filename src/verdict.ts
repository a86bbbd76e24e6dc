import type { TranslationBundle } from '@jupyterlab/translation';

import type { IVerdict } from './entry';
import type { Format } from './format';
import { visible } from './text';

/** How many of the things that differ are named in a line. */
const NAMED = 3;

/**
 * Words for what comparing an entry with a run of its cell has found.
 */
export class VerdictText {
  constructor(trans: TranslationBundle, format: Format) {
    this._trans = trans;
    this._format = format;
  }

  /** One or two words; empty when the state of the entry says it. */
  word(verdict: IVerdict | null): string {
    switch (verdict?.state) {
      case 'verified':
        return this._trans.__('verified');
      case 'non-deterministic':
        return this._trans.__('runs differ');
      default:
        return '';
    }
  }

  /** A sentence about all comparisons; empty when the reason says it. */
  sentence(verdict: IVerdict | null): string {
    switch (verdict?.state) {
      case 'verified':
        return this._trans._n(
          'Verified by %1 run, on %2.',
          'Verified by %1 runs, the last on %2.',
          verdict.times,
          this._format.date(verdict.at)
        );
      case 'non-deterministic':
        return this._trans.__(
          'Runs of this cell differ, as one on %1 showed: %2.',
          this._format.date(verdict.at),
          this._difference(verdict)
        );
      default:
        return '';
    }
  }

  /** What a run that was compared with its entry says below its cell. */
  outcome(verdict: IVerdict, took: string): string {
    switch (verdict.state) {
      case 'verified':
        return this._trans.__('Verified in %1: it gave what is stored', took);
      case 'non-deterministic':
        return this._trans.__(
          'Compared in %1: runs differ in %2',
          took,
          this._difference(verdict)
        );
      case 'wrong':
        return this._trans.__(
          'Found wrong in %1: what is stored differs in %2 and is not used again',
          took,
          this._named(verdict)
        );
    }
  }

  private _difference(verdict: IVerdict): string {
    const named = this._named(verdict);
    return verdict.cause === null
      ? named
      : `${named} (${visible(verdict.cause, 300)})`;
  }

  private _named({ differs }: IVerdict): string {
    const shown = differs.slice(0, NAMED).map(one => visible(one, 80));
    const more = differs.length - shown.length;
    return more === 0
      ? shown.join(', ')
      : this._trans.__('%1 and %2 more', shown.join(', '), more);
  }

  private readonly _trans: TranslationBundle;
  private readonly _format: Format;
}
