import fc from 'fast-check';

import {
  isStale,
  readDetails,
  readEntry,
  readExpression,
  readForecast,
  readOutcome,
  readPage,
  readRemoved,
  shortDigest,
  shortKey
} from '../entry';
import { makeChange, makeEntry } from './fakes';

function parse(text: string): unknown {
  return JSON.parse(text);
}

describe('readEntry', () => {
  it('reads what the server sends and ignores what it does not know', () => {
    const entry = makeEntry({
      state: 'stale',
      reason: {
        sentence: "upstream cell 'snr = 300' was edited",
        changes: [
          makeChange({ name: 'snr', detail: 'went from 1 to 2', diff: ['-a'] })
        ]
      },
      tags: ['fit']
    });
    expect(readEntry({ ...entry, pinned: true })).toEqual(entry);
  });

  it('reads what comparing it with runs has found', () => {
    const verdict = {
      state: 'non-deterministic' as const,
      at: '2026-05-04T11:58:00.000Z',
      times: 2,
      differs: ['its outputs'],
      cause: 'it reads the clock'
    };
    expect(readEntry(makeEntry({ verdict }))).toMatchObject({ verdict });
    const { state } = verdict;
    expect(
      readEntry({ id: 'a', verdict: { state, times: '2', differs: 'x' } })
    ).toMatchObject({
      verdict: { state, at: '', times: 0, differs: [], cause: null }
    });
    const splendid = { ...verdict, state: 'splendid' };
    expect(readEntry({ id: 'a', verdict: splendid })?.verdict).toBeNull();
  });

  it('gives neutral values to what is missing or wrong', () => {
    const entry = readEntry({
      id: 'a',
      state: 'splendid',
      size: '12',
      hits: NaN,
      tags: [1, 'x', null],
      reason: { sentence: 3 }
    });
    expect(entry).toMatchObject({
      id: 'a',
      label: 'a',
      state: 'unknown',
      reason: null,
      size: 0,
      hits: 0,
      tags: ['x'],
      notebook: null
    });
  });

  it('drops what has no id', () => {
    expect(readEntry({ label: 'x' })).toBeNull();
    expect(readPage({ entries: [{}, makeEntry(), 7] }).entries).toHaveLength(1);
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        readPage(value);
        readEntry(value);
        readDetails(value);
        readOutcome(value);
        readForecast(value);
        readRemoved(value);
        readExpression(value, 'cacheable');
      })
    );
  });
});

describe('readDetails', () => {
  it('turns objects keyed by names into lists', () => {
    const details = readDetails({
      ...makeEntry(),
      source: 'x',
      parts: parse(
        '{"inputs": {"__proto__": {"type": "int", "summary": "3", "digest": "xxh3-128:ab"}}, "packages": {"numpy": "2.3"}}'
      ),
      variables: [{ name: 'fit', type: 'ndarray', size: 8 }]
    });
    expect(details?.inputs).toEqual([
      {
        name: '__proto__',
        type: 'int',
        summary: '3',
        digest: 'xxh3-128:ab',
        cell: null
      }
    ]);
    expect(details?.packages).toEqual([{ name: 'numpy', value: '2.3' }]);
    expect(details?.variables[0]).toMatchObject({ name: 'fit', size: 8 });
  });

  it('unites what was declared and what the run was seen to use', () => {
    const details = readDetails({
      ...makeEntry(),
      parts: {
        files: {
          'a.csv': { digest: 'xxh3-128:0123456789ab', size: 1, time: null },
          'b.csv': { digest: 'absent', size: null, time: null }
        },
        env: { TOKEN: 'hmac-sha256:ab' },
        vars: { vintage: { type: 'int', summary: '2020', digest: 'x:1' } }
      },
      conditions: {
        files: { 'c.csv': { content: 'xxh3-128:cd' }, d: { exists: 'no' } },
        env: { HOME: 'hmac-sha256:cd', NONE: 'absent' }
      }
    });
    expect(details?.files).toEqual([
      { name: 'c.csv', value: 'cd' },
      { name: 'a.csv', value: '01234567' },
      { name: 'b.csv', value: 'absent' }
    ]);
    expect(details?.environment).toEqual([
      { name: 'HOME', value: '' },
      { name: 'NONE', value: 'absent' },
      { name: 'TOKEN', value: '' }
    ]);
    expect(details?.declared).toMatchObject([{ name: 'vintage', type: 'int' }]);
  });

  it('keeps only outputs that can be rendered', () => {
    const details = readDetails({
      ...makeEntry(),
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'a' },
        { output_type: 'display_data', data: { 'text/plain': 'b' } },
        { output_type: 'display_data' },
        { output_type: 'error' },
        'c'
      ]
    });
    expect(details?.outputs).toHaveLength(2);
  });
});

describe('readOutcome', () => {
  it('reads an outcome of the kernel', () => {
    const outcome = readOutcome({
      outcome: 'HIT',
      key: 'v1:main:00',
      entry: 'e',
      reason: null,
      duration: 2,
      saved: 2,
      variables: ['fit'],
      upstream: [],
      notes: ['same inputs'],
      computed_at: '2026-05-04T11:57:00.000Z'
    });
    expect(outcome).toMatchObject({
      outcome: 'HIT',
      entry: 'e',
      saved: 2,
      notes: ['same inputs']
    });
  });

  it('is null for a word that is not known', () => {
    expect(readOutcome({ outcome: 'MAYBE' })).toBeNull();
    expect(readOutcome(undefined)).toBeNull();
  });
});

describe('readForecast', () => {
  it('reads judgements and forecasts by id', () => {
    const forecast = readForecast({
      entries: { e: { state: 'stale', reason: { sentence: 'why' } } },
      cells: { c: { forecast: 'run', entry: 'e' }, d: { forecast: 'perhaps' } }
    });
    expect(forecast.entries.get('e')?.state).toBe('stale');
    expect(forecast.cells.get('c')).toMatchObject({
      forecast: 'run',
      entry: 'e'
    });
    expect(forecast.cells.get('d')?.forecast).toBe('unknown');
  });
});

describe('readExpression', () => {
  it('finds the text of a user expression', () => {
    const content = {
      user_expressions: { cacheable: { data: { 'text/plain': "'absent'" } } }
    };
    expect(readExpression(content, 'cacheable')).toBe("'absent'");
    expect(readExpression({ status: 'error' }, 'cacheable')).toBeNull();
  });
});

describe('short forms', () => {
  it('shows sixteen digits of a key and eight of a digest', () => {
    expect(shortKey(`v1:main:${'ab'.repeat(32)}`)).toBe('abababababababab');
    expect(shortDigest('sha256:0123456789')).toBe('01234567');
  });
});

describe('isStale', () => {
  it('is what cannot hit any more, and nothing that is doubtful', () => {
    const states = [
      'fresh',
      'stale',
      'orphan',
      'expired',
      'computing'
    ] as const;
    expect(states.filter(isStale)).toEqual(['stale', 'orphan', 'expired']);
    expect(isStale('untrusted') || isStale('damaged')).toBe(false);
    expect(isStale('unknown') || isStale('wrong')).toBe(false);
  });
});
