import { Format } from '../format';
import { NOW, trans } from './fakes';

const format = new Format(trans, 'en');

describe('Format', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [14_300_000, '14.3 MB'],
    [142_400_000, '142 MB'],
    [999_950_000, '1 GB'],
    [3.4e15, '3.4 PB'],
    [-5, '0 B']
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(format.bytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 s'],
    [0.0001, '<1 ms'],
    [0.34, '340 ms'],
    [0.9999, '1 s'],
    [2.1, '2.1 s'],
    [59.96, '1 min'],
    [192, '3 min 12 s'],
    [3599.9, '1 h'],
    [4000, '1 h 7 min'],
    [86399, '1 d'],
    [183600, '2 d 3 h']
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(format.duration(seconds)).toBe(text);
  });

  it.each([
    ['2026-05-04T12:00:30Z', 'just now'],
    ['2026-05-04T11:59:55Z', 'just now'],
    ['2026-05-04T11:59:18Z', '42 s ago'],
    ['2026-05-04T11:57:00Z', '3 min ago'],
    ['2026-05-04T07:00:00Z', '5 h ago'],
    ['2026-05-02T12:00:00Z', '2 d ago'],
    ['2026-01-02T12:00:00Z', 'Jan 2, 2026'],
    ['rubbish', 'at an unknown time']
  ])('writes the age of %s as %s', (iso, text) => {
    expect(format.age(iso, NOW)).toBe(text);
  });

  it('writes numbers as the language of the user does', () => {
    expect(new Format(trans, 'de_DE').bytes(14_300_000)).toBe('14,3 MB');
  });

  it('survives a language that is not known', () => {
    expect(new Format(trans, '???').duration(2)).toBe('2 s');
  });

  it('counts entries', () => {
    expect(format.entries(1)).toBe('1 entry');
    expect(format.entries(2)).toBe('2 entries');
  });
});
