import type { TranslationBundle } from '@jupyterlab/translation';

import type { ICellForecast, IOutcome, IReason, IVerdict } from './entry';
import type { Format } from './format';
import { visible } from './text';
import { VerdictText } from './verdict';

/** What a badge looks like. */
export type BadgeKind =
  | 'running'
  | 'hit'
  | 'computed'
  | 'uncached'
  | 'wrong'
  | 'ready'
  | 'stale'
  | 'new'
  | 'unsure';

/** The badge of one cell. */
export interface IBadge {
  kind: BadgeKind;
  text: string;
  /** The whole story, for the tooltip. */
  title: string;
  /** The entry to show when it is clicked. */
  entry: string | null;
}

/** What is known of a cell when its badge is made. */
export interface IBadgeFacts {
  running: boolean;
  outcome: IOutcome | null;
  forecast: ICellForecast | null;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Words for outcomes and forecasts.
 */
export class BadgeText {
  constructor(trans: TranslationBundle, format: Format) {
    this._trans = trans;
    this._format = format;
    this._verdict = new VerdictText(trans, format);
  }

  /**
   * The badge of a cell, or null when nothing is known.
   */
  badge(facts: IBadgeFacts): IBadge | null {
    if (facts.running) {
      return this._make('running', this._trans.__('Running…'), null, null);
    }
    if (facts.outcome) {
      return this._outcome(facts.outcome, facts.now);
    }
    return facts.forecast && this._forecast(facts.forecast, facts.now);
  }

  private _outcome(outcome: IOutcome, now: number): IBadge {
    const took = this._format.duration(outcome.duration);
    const trans = this._trans;
    if (outcome.saving) {
      return this._make(
        'running',
        trans.__('Computed in %1, saving…', took),
        outcome.reason,
        null
      );
    }
    if (outcome.verdict !== null) {
      const text = this._verdict.outcome(outcome.verdict, took);
      return this._told(VERIFIED[outcome.verdict.state], text, outcome);
    }
    switch (outcome.outcome) {
      case 'HIT':
        return this._told('hit', this._hit(outcome, now), outcome);
      case 'WAITED':
        return this._told(
          'hit',
          trans.__('From cache, computed by another kernel meanwhile'),
          outcome
        );
      case 'FORCED':
        return this._told(
          'computed',
          trans.__('Computed again in %1 as asked, and stored', took),
          outcome
        );
      case 'EXPIRED':
        return this._told(
          'computed',
          trans.__('Expired: computed again in %1 and stored', took),
          outcome
        );
      case 'MISS':
        return this._told('computed', this._miss(outcome, took), outcome);
      case 'UNCACHED':
        return this._told('uncached', this._uncached(outcome), outcome);
    }
  }

  private _hit(outcome: IOutcome, now: number): string {
    const saved = this._format.duration(outcome.saved);
    return outcome.computed_at === null
      ? this._trans.__('From cache, saved %1', saved)
      : this._trans.__(
          'From cache, saved %1, computed %2',
          saved,
          this._format.age(outcome.computed_at, now)
        );
  }

  private _miss(outcome: IOutcome, took: string): string {
    if (outcome.entry === null) {
      return this._trans.__('Computed in %1, not stored', took);
    }
    // That there was no entry yet is no news; that something changed is.
    return outcome.reason !== null && outcome.reason.changes.length > 0
      ? this._trans.__(
          'Computed in %1 and stored: %2',
          took,
          sentence(outcome.reason)
        )
      : this._trans.__('Computed in %1 and stored', took);
  }

  private _uncached(outcome: IOutcome): string {
    return outcome.reason === null
      ? this._trans.__('Not cached')
      : this._trans.__('Not cached: %1', sentence(outcome.reason));
  }

  private _told(kind: BadgeKind, text: string, outcome: IOutcome): IBadge {
    const lines = [text];
    if (outcome.reason && !text.includes(sentence(outcome.reason))) {
      lines.push(this._trans.__('Reason: %1', sentence(outcome.reason)));
    }
    lines.push(...outcome.notes.map(note => visible(note)));
    return { kind, text, title: lines.join('\n'), entry: outcome.entry };
  }

  private _forecast(forecast: ICellForecast, now: number): IBadge {
    const trans = this._trans;
    const reason = forecast.reason;
    switch (forecast.forecast) {
      case 'hit':
        return this._make(
          'ready',
          this._ready(forecast, now),
          reason,
          forecast
        );
      case 'unknown':
        return this._make(
          'unsure',
          reason === null
            ? trans.__('Cannot tell whether it will run again')
            : trans.__('May run again: %1', sentence(reason)),
          reason,
          forecast
        );
      case 'run':
        return isFirst(forecast)
          ? this._make('new', this._fresh(reason), reason, forecast)
          : this._make('stale', this._stale(reason), reason, forecast);
    }
  }

  private _ready(forecast: ICellForecast, now: number): string {
    return forecast.computed_at === null
      ? this._trans.__('Cached: will be instant')
      : this._trans.__(
          'Cached %1: will be instant',
          this._format.age(forecast.computed_at, now)
        );
  }

  private _fresh(reason: IReason | null): string {
    return reason === null
      ? this._trans.__('Not stored yet: will run')
      : this._trans.__('Not stored yet: %1', sentence(reason));
  }

  private _stale(reason: IReason | null): string {
    return reason === null
      ? this._trans.__('Stale: will run again')
      : this._trans.__('Stale: %1 — will run again', sentence(reason));
  }

  private _make(
    kind: BadgeKind,
    text: string,
    reason: IReason | null,
    forecast: ICellForecast | null
  ): IBadge {
    const lines = [text];
    if (reason !== null && !text.includes(sentence(reason))) {
      lines.push(sentence(reason));
    }
    return {
      kind,
      text,
      title: lines.join('\n'),
      entry: forecast?.entry ?? null
    };
  }

  private readonly _trans: TranslationBundle;
  private readonly _format: Format;
  private readonly _verdict: VerdictText;
}

const VERIFIED: Record<IVerdict['state'], BadgeKind> = {
  verified: 'computed',
  'non-deterministic': 'unsure',
  wrong: 'wrong'
};

/** Whether there is no earlier result that something could differ from. */
function isFirst({ entry, reason }: ICellForecast): boolean {
  return entry === null && (reason?.changes ?? []).length === 0;
}

function sentence(reason: IReason): string {
  return visible(reason.sentence, 300);
}
