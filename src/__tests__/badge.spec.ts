import { BadgeText } from '../badge';
import type { ICellForecast, IOutcome, IReason, IVerdict } from '../entry';
import { Format } from '../format';
import { makeChange, NOW, trans } from './fakes';

const text = new BadgeText(trans, new Format(trans, 'en'));
const computed_at = '2026-05-04T11:57:00.000Z';
const edited: IReason = {
  sentence: "upstream cell 'snr = 300' was edited",
  changes: [makeChange({ name: 'snr', cell: 'c', old: '200', new: '300' })]
};
const verdict: IVerdict = {
  state: 'verified',
  at: computed_at,
  times: 1,
  differs: [],
  cause: null
};
const unstored: IReason = { sentence: 'nothing is stored yet', changes: [] };

function ofOutcome(fields: Partial<IOutcome>): ReturnType<BadgeText['badge']> {
  const outcome: IOutcome = {
    outcome: 'MISS',
    key: null,
    entry: 'e',
    reason: null,
    duration: 2.1,
    saved: 0,
    notes: [],
    computed_at: null,
    verdict: null,
    saving: false,
    ...fields
  };
  return text.badge({ running: false, outcome, forecast: null, now: NOW });
}

function ofForecast(
  fields: Partial<ICellForecast>
): ReturnType<BadgeText['badge']> {
  const forecast: ICellForecast = {
    forecast: 'hit',
    reason: null,
    entry: 'e',
    saved: 2.1,
    size: 8,
    computed_at,
    ...fields
  };
  return text.badge({ running: false, outcome: null, forecast, now: NOW });
}

describe('BadgeText', () => {
  it('is silent when nothing is known', () => {
    expect(
      text.badge({ running: false, outcome: null, forecast: null, now: NOW })
    ).toBeNull();
  });

  it('says that a cell runs', () => {
    expect(
      text.badge({ running: true, outcome: null, forecast: null, now: NOW })
    ).toMatchObject({ kind: 'running', text: 'Running…', entry: null });
  });

  it('says that a result is there while it is being stored', () => {
    expect(ofOutcome({ entry: null, saving: true })).toMatchObject({
      kind: 'running',
      text: 'Computed in 2.1 s, saving…'
    });
  });

  it('does not say that a run without an entry was stored', () => {
    expect(
      ofOutcome({ entry: null, notes: ['not stored because of --no-save'] })
    ).toMatchObject({
      kind: 'computed',
      text: 'Computed in 2.1 s, not stored'
    });
  });

  it.each<[string, Partial<IOutcome>, string, string]>([
    [
      'a hit',
      { outcome: 'HIT', saved: 2.1, computed_at },
      'hit',
      'From cache, saved 2.1 s, computed 3 min ago'
    ],
    [
      'a hit of unknown age',
      { outcome: 'HIT', saved: 2.1 },
      'hit',
      'From cache, saved 2.1 s'
    ],
    [
      'a first run',
      { outcome: 'MISS', reason: unstored },
      'computed',
      'Computed in 2.1 s and stored'
    ],
    [
      'a run because something changed',
      { outcome: 'MISS', reason: edited },
      'computed',
      "Computed in 2.1 s and stored: upstream cell 'snr = 300' was edited"
    ],
    [
      'a forced run',
      { outcome: 'FORCED' },
      'computed',
      'Computed again in 2.1 s as asked, and stored'
    ],
    [
      'a run that gave what is stored',
      { outcome: 'FORCED', verdict },
      'computed',
      'Verified in 2.1 s: it gave what is stored'
    ],
    [
      'a run that gave something else each time',
      {
        outcome: 'FORCED',
        verdict: {
          ...verdict,
          state: 'non-deterministic',
          differs: ["the variable 'stamp'"],
          cause: 'it reads the clock'
        }
      },
      'unsure',
      "Compared in 2.1 s: runs differ in the variable 'stamp' (it reads the clock)"
    ],
    [
      'a run that showed that what is stored is wrong',
      {
        outcome: 'FORCED',
        verdict: { ...verdict, state: 'wrong', differs: ['a', 'b', 'c', 'd'] }
      },
      'wrong',
      'Found wrong in 2.1 s: what is stored differs in a, b, c and 1 more and is not used again'
    ],
    [
      'a run of an expired cell',
      { outcome: 'EXPIRED' },
      'computed',
      'Expired: computed again in 2.1 s and stored'
    ],
    [
      'a wait for another kernel',
      { outcome: 'WAITED' },
      'hit',
      'From cache, computed by another kernel meanwhile'
    ],
    [
      'a run that was not stored',
      { outcome: 'UNCACHED', reason: { sentence: 'f is open', changes: [] } },
      'uncached',
      'Not cached: f is open'
    ],
    [
      'a run that was not stored for no known reason',
      { outcome: 'UNCACHED' },
      'uncached',
      'Not cached'
    ]
  ])('tells %s', (_, outcome, kind, words) => {
    expect(ofOutcome(outcome)).toMatchObject({ kind, text: words, entry: 'e' });
  });

  it.each<[string, Partial<ICellForecast>, string, string]>([
    ['a hit to come', {}, 'ready', 'Cached 3 min ago: will be instant'],
    [
      'a hit of unknown age to come',
      { computed_at: null },
      'ready',
      'Cached: will be instant'
    ],
    [
      'a run to come because something changed',
      { forecast: 'run', reason: edited },
      'stale',
      "Stale: upstream cell 'snr = 300' was edited — will run again"
    ],
    [
      'a run to come because something changed, of an entry it does not name',
      { forecast: 'run', entry: null, reason: edited },
      'stale',
      "Stale: upstream cell 'snr = 300' was edited — will run again"
    ],
    ['a run to come', { forecast: 'run' }, 'stale', 'Stale: will run again'],
    [
      'a first run to come',
      { forecast: 'run', entry: null, reason: unstored },
      'new',
      'Not stored yet: nothing is stored yet'
    ],
    [
      'a first run to come for no known reason',
      { forecast: 'run', entry: null },
      'new',
      'Not stored yet: will run'
    ],
    [
      'what cannot be foretold',
      { forecast: 'unknown', reason: { sentence: 'why', changes: [] } },
      'unsure',
      'May run again: why'
    ],
    [
      'what cannot be foretold for no known reason',
      { forecast: 'unknown' },
      'unsure',
      'Cannot tell whether it will run again'
    ]
  ])('foretells %s', (_, forecast, kind, words) => {
    expect(ofForecast(forecast)).toMatchObject({ kind, text: words });
  });

  it('has the whole story in its title', () => {
    expect(
      ofOutcome({ outcome: 'MISS', reason: unstored, notes: ['a note'] })?.title
    ).toBe(
      'Computed in 2.1 s and stored\nReason: nothing is stored yet\na note'
    );
  });

  it('shows what a hostile reason hides', () => {
    const reason = { sentence: 'x\u202ey', changes: [] };
    expect(ofOutcome({ outcome: 'UNCACHED', reason })?.text).toBe(
      'Not cached: x[U+202E]y'
    );
  });
});
