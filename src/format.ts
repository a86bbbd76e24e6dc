import type { TranslationBundle } from '@jupyterlab/translation';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Sizes, durations and dates in the user's language. Unit symbols are those of
 * the SI, which are the same in every language.
 */
export class Format {
  /**
   * @param languageCode - as JupyterLab names it, for instance `fr_FR`.
   */
  constructor(trans: TranslationBundle, languageCode = 'en') {
    this._trans = trans;
    this._locale = knownLocale(languageCode.replace('_', '-'));
  }

  /**
   * A size in decimal units, for instance `14.3 MB`.
   */
  bytes(bytes: number): string {
    let value = Math.max(0, bytes);
    let unit = 0;
    while (rounded(value) >= 1000 && unit < BYTE_UNITS.length - 1) {
      value /= 1000;
      unit += 1;
    }
    return `${this._number(rounded(value))} ${BYTE_UNITS[unit]}`;
  }

  /**
   * A time span given in seconds, in at most two units: `340 ms`, `2.1 s`,
   * `3 min 12 s`, `1 h 5 min`.
   */
  duration(seconds: number): string {
    const span = Math.max(0, seconds);
    if (span < 0.0005) {
      return span === 0 ? '0 s' : '<1 ms';
    }
    if (Math.round(span * 1000) < 1000) {
      return `${this._number(Math.round(span * 1000))} ms`;
    }
    if (tenths(span) < MINUTE) {
      return `${this._number(tenths(span))} s`;
    }
    if (Math.round(span) < HOUR) {
      return this._pair(Math.round(span), MINUTE, 'min', 1, 's');
    }
    if (Math.round(span / MINUTE) * MINUTE < DAY) {
      return this._pair(
        Math.round(span / MINUTE) * MINUTE,
        HOUR,
        'h',
        60,
        'min'
      );
    }
    return this._pair(Math.round(span / HOUR) * HOUR, DAY, 'd', HOUR, 'h');
  }

  /**
   * How long ago an ISO date was, as `3 min ago`; a date once that is long ago.
   */
  age(iso: string, now: number): string {
    const then = Date.parse(iso);
    if (Number.isNaN(then)) {
      return this._trans.__('at an unknown time');
    }
    const seconds = Math.floor((now - then) / 1000);
    if (seconds < 10) {
      return this._trans.__('just now');
    }
    if (seconds >= 30 * DAY) {
      return new Intl.DateTimeFormat(this._locale, {
        dateStyle: 'medium'
      }).format(then);
    }
    return this._trans.__('%1 ago', this._whole(seconds));
  }

  /**
   * The full date and time of an ISO date in the user's time zone.
   */
  date(iso: string): string {
    const then = Date.parse(iso);
    if (Number.isNaN(then)) {
      return this._trans.__('unknown');
    }
    return new Intl.DateTimeFormat(this._locale, {
      dateStyle: 'medium',
      timeStyle: 'short'
    }).format(then);
  }

  /**
   * A number of things, for instance `3 entries`.
   */
  entries(count: number): string {
    return this._trans._n('%1 entry', '%1 entries', count);
  }

  private _whole(seconds: number): string {
    if (seconds < MINUTE) {
      return `${seconds} s`;
    }
    if (seconds < HOUR) {
      return `${Math.floor(seconds / MINUTE)} min`;
    }
    if (seconds < DAY) {
      return `${Math.floor(seconds / HOUR)} h`;
    }
    return `${Math.floor(seconds / DAY)} d`;
  }

  private _pair(
    span: number,
    large: number,
    largeUnit: string,
    small: number,
    smallUnit: string
  ): string {
    const first = Math.floor(span / large);
    const rest = Math.floor((span % large) / small);
    const head = `${this._number(first)} ${largeUnit}`;
    return rest === 0 ? head : `${head} ${rest} ${smallUnit}`;
  }

  private _number(value: number): string {
    return new Intl.NumberFormat(this._locale, {
      maximumFractionDigits: 1
    }).format(value);
  }

  private readonly _trans: TranslationBundle;
  private readonly _locale: string | undefined;
}

/**
 * The locale if the browser accepts its name, else the browser's own.
 */
function knownLocale(name: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(name)[0];
  } catch {
    return undefined;
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function rounded(value: number): number {
  return value < 100 ? tenths(value) : Math.round(value);
}
