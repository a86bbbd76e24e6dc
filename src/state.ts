import type { TranslationBundle } from '@jupyterlab/translation';

import type { EntryState, IChange, IEntry, IReason } from './entry';
import type { Format } from './format';
import { visible } from './text';
import { VerdictText } from './verdict';

/**
 * Words for the state of an entry.
 */
export class StateText {
  constructor(trans: TranslationBundle, format: Format) {
    this._trans = trans;
    this._format = format;
    this.verdict = new VerdictText(trans, format);
  }

  /** Words for what comparing it with runs has found. */
  readonly verdict: VerdictText;

  /** One word. */
  word(state: EntryState): string {
    const trans = this._trans;
    switch (state) {
      case 'fresh':
        return trans.__('Fresh');
      case 'stale':
        return trans.__('Stale');
      case 'orphan':
        return trans.__('Orphan');
      case 'expired':
        return trans.__('Expired');
      case 'computing':
        return trans.__('Computing');
      case 'wrong':
        return trans.__('Wrong');
      case 'untrusted':
        return trans.__('Untrusted');
      case 'damaged':
        return trans.__('Damaged');
      case 'unknown':
        return trans.__('Unknown');
    }
  }

  /** Sentences: what the state means, and why this entry is in it. */
  sentence(entry: IEntry): string {
    const meaning = this._meaning(entry);
    return entry.reason === null
      ? meaning
      : `${meaning} ${this._trans.__('Reason: %1.', visible(entry.reason.sentence, 500))}`;
  }

  /** Why the cell of an entry ran. */
  ran(reason: IReason): string {
    return this._trans.__('When it ran: %1.', visible(reason.sentence, 500));
  }

  /** The accessible name of the lines that differ. */
  difference(subject: string): string {
    return this._trans.__('Difference: %1', subject);
  }

  /** Said before a line of a difference. */
  added(): string {
    return this._trans.__('added');
  }

  /** Said before a line of a difference. */
  removed(): string {
    return this._trans.__('removed');
  }

  /** What kind of thing differs, its name, and what differs inside of it. */
  subject(change: IChange): string {
    const kind = this._kind(change);
    return change.detail === null ? kind : `${kind} ${visible(change.detail)}`;
  }

  /** Size, duration, age, hits and verdict in one line. */
  facts(entry: IEntry, now: number): string {
    const facts = [
      this._format.bytes(entry.size),
      this._format.duration(entry.duration),
      this._format.age(entry.created_at, now)
    ];
    if (entry.hits > 0) {
      facts.push(this._trans._n('%1 hit', '%1 hits', entry.hits));
    }
    const verdict = this.verdict.word(entry.verdict);
    return [...facts, verdict].filter(Boolean).join(' · ');
  }

  private _kind(change: IChange): string {
    const name = visible(change.name ?? '');
    const trans = this._trans;
    switch (change.part) {
      case 'code':
        return trans.__('Code %1', name).trim();
      case 'definitions':
        return trans.__('Definition %1', name).trim();
      case 'upstream':
        return trans.__('Upstream cell %1', name).trim();
      case 'inputs':
        return trans.__('Input %1', name).trim();
      case 'files':
        return trans.__('File %1', name).trim();
      case 'env':
        return trans.__('Environment variable %1', name).trim();
      case 'vars':
        return trans.__('Variable %1', name).trim();
      case 'packages':
        return trans.__('Package %1', name).trim();
      case 'options':
        return trans.__('Option %1', name).trim();
      case 'python':
        return trans.__('Python %1', name).trim();
      default:
        return visible(`${change.part} ${name}`).trim();
    }
  }

  private _meaning(entry: IEntry): string {
    const trans = this._trans;
    switch (entry.state) {
      case 'fresh':
        return trans.__('The next run of this cell is instant.');
      case 'stale':
        return trans.__('The cell would run again.');
      case 'orphan':
        return trans.__('The cell is no longer in the notebook.');
      case 'expired':
        return entry.expires_at === null
          ? trans.__('The time to live has run out.')
          : trans.__(
              'The time to live ran out on %1.',
              this._format.date(entry.expires_at)
            );
      case 'computing':
        return trans.__('The cell is running.');
      case 'wrong':
        return trans.__(
          'A run gave something else: the entry is kept and not used.'
        );
      case 'untrusted':
        return trans.__(
          'The entry was not written by you on this machine and is not used.'
        );
      case 'damaged':
        return trans.__('The entry cannot be read and is not used.');
      case 'unknown':
        return trans.__('The notebook cannot be read from here.');
    }
  }

  private readonly _trans: TranslationBundle;
  private readonly _format: Format;
}
