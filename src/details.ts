import { changeNodes } from './change';
import { button, element, scrolled } from './dom';
import type {
  IDefinition,
  IEntry,
  IEntryDetails,
  IInput,
  INamed,
  IReason,
  IUpstreamCell,
  IVariable
} from './entry';
import { shortDigest, shortKey } from './entry';
import type { Format } from './format';
import type { IOpened } from './model';
import { Preview } from './preview';
import type { StateText } from './state';
import { visible, visibleLines } from './text';

const MOST_NAMES = 200;

/**
 * What the user can do with an opened entry.
 */
export interface IDetailsActions {
  onGoTo: (id: string) => void;
  onInvalidate: (id: string) => void;
  onRetry: (id: string) => void;
  onCopy: (text: string) => void;
}

/**
 * Everything known of one entry, below its row.
 */
export class Details {
  constructor(region: HTMLElement, options: Details.IOptions) {
    this._options = options;
    this._reason = element('div', { class: 'jp-Cacheable-reason' });
    this._body = element('div');
    region.append(this._reason, this._body);
  }

  /** Show what has changed since the last time. */
  update(entry: IEntry, opened: IOpened): void {
    this._showReason(entry);
    if (opened !== this._opened) {
      this._opened = opened;
      this._showBody(entry, opened);
    }
  }

  dispose(): void {
    this._preview?.dispose();
    this._preview = null;
  }

  private _showReason(entry: IEntry): void {
    const { text } = this._options;
    const sentence = text.sentence(entry);
    const verdict = text.verdict.sentence(entry.verdict);
    const ran = this._options.reasonOf(entry.id);
    const shown = JSON.stringify([sentence, verdict, entry.reason, ran]);
    if (shown === this._shownReason) {
      return;
    }
    this._shownReason = shown;
    this._reason.replaceChildren(element('p', { text: sentence }));
    if (verdict !== '') {
      this._reason.append(element('p', { text: verdict }));
    }
    this._reason.append(...this._changes(entry.reason));
    // That there was no entry yet is no news.
    if (ran !== null && ran.changes.length > 0) {
      this._reason.append(element('p', { text: text.ran(ran) }));
      this._reason.append(...this._changes(ran));
    }
  }

  private _changes(reason: IReason | null): HTMLElement[] {
    const changes = (reason?.changes ?? []).slice(0, MOST_NAMES);
    const nodes = changeNodes(changes, this._options.text);
    return nodes.length === 0
      ? []
      : [element('ul', { class: 'jp-Cacheable-bullets' }, ...nodes)];
  }

  private _showBody(entry: IEntry, opened: IOpened): void {
    this.dispose();
    const { trans } = this._options;
    this._body.replaceChildren(this._actions(entry));
    if (opened.error !== null) {
      this._body.append(
        element('p', {
          class: 'jp-Cacheable-error',
          text: visible(opened.error)
        }),
        button({
          class: 'jp-Cacheable-button',
          text: trans.__('Retry'),
          onClick: () => this._options.onRetry(entry.id)
        })
      );
    } else if (opened.details === null) {
      this._body.append(
        element('p', { class: 'jp-Cacheable-hint', text: trans.__('Loading…') })
      );
    } else {
      this._body.append(...this._sections(opened.details));
    }
  }

  private _actions(entry: IEntry): HTMLElement {
    const { trans, onGoTo, onInvalidate } = this._options;
    const actions = element('div', { class: 'jp-Cacheable-actions' });
    if (entry.notebook !== null && entry.cell_id !== null) {
      actions.append(
        button({
          class: 'jp-Cacheable-button',
          text: trans.__('Go to cell'),
          onClick: () => onGoTo(entry.id)
        })
      );
    }
    actions.append(
      button({
        class: 'jp-Cacheable-button',
        text: trans.__('Invalidate'),
        title: trans.__('Remove this entry, the cell will run again'),
        onClick: () => onInvalidate(entry.id)
      })
    );
    return actions;
  }

  private _sections(details: IEntryDetails): HTMLElement[] {
    const { trans } = this._options;
    return [
      this._facts(details),
      fold(trans.__('Source'), true, sourceBlock(details)),
      ...list(trans.__('Inputs'), true, details.inputs, inputList),
      ...list(trans.__('Variables'), true, details.variables, variables =>
        this._variables(variables)
      ),
      ...list(trans.__('Outputs'), true, details.outputs, outputs => {
        this._preview = new Preview(outputs, this._options);
        return this._preview.node;
      }),
      ...list(trans.__('Notes'), true, details.notes, notes =>
        bullets(notes.map(note => visible(note, 500)))
      ),
      ...list(trans.__('Upstream cells'), false, details.upstream, cells =>
        this._upstream(cells)
      ),
      ...list(
        trans.__('Definitions'),
        false,
        details.definitions,
        definitionList
      ),
      ...list(
        trans.__('Declared variables'),
        false,
        details.declared,
        inputList
      ),
      ...list(trans.__('Files'), false, details.files, namedList),
      ...list(
        trans.__('Environment variables'),
        false,
        details.environment,
        namedList
      ),
      ...list(trans.__('Packages'), false, details.packages, namedList)
    ];
  }

  private _facts(details: IEntryDetails): HTMLElement {
    const { trans, format } = this._options;
    const facts = element('dl', { class: 'jp-Cacheable-about' });
    const add = (name: string, value: Node | string): void => {
      facts.append(element('dt', { text: name }), element('dd', {}, value));
    };
    add(trans.__('Key'), this._key(details.key));
    add(trans.__('Computed'), format.date(details.created_at));
    add(trans.__('Took'), format.duration(details.duration));
    add(trans.__('Size'), format.bytes(details.size));
    if (details.hits > 0) {
      add(
        trans.__('Hits'),
        trans._n(
          '%1 hit, %2 saved',
          '%1 hits, %2 saved',
          details.hits,
          format.duration(details.saved)
        )
      );
    }
    if (details.last_used_at !== null) {
      add(trans.__('Last used'), format.date(details.last_used_at));
    }
    if (details.expires_at !== null) {
      add(trans.__('Expires'), format.date(details.expires_at));
    }
    if (details.tags.length > 0) {
      add(trans.__('Tags'), visible(details.tags.join(', ')));
    }
    if (details.deleted.length > 0) {
      add(trans.__('Deletes'), visible(details.deleted.join(', ')));
    }
    return facts;
  }

  private _key(key: string): HTMLElement {
    const { trans, onCopy } = this._options;
    const short = shortKey(key);
    return element(
      'span',
      { class: 'jp-Cacheable-key' },
      element('code', { text: visible(short), title: visible(key) }),
      button({
        class: 'jp-Cacheable-iconButton jp-Cacheable-copy',
        title: trans.__('Copy the key'),
        label: trans.__('Copy the key'),
        onClick: () => onCopy(key)
      })
    );
  }

  private _variables(variables: readonly IVariable[]): HTMLElement {
    return terms(
      variables.map(({ name, type, summary, size }) => ({
        name,
        type,
        summary,
        figure: size > 0 ? this._options.format.bytes(size) : ''
      }))
    );
  }

  private _upstream(cells: readonly IUpstreamCell[]): HTMLElement {
    const { trans } = this._options;
    return element(
      'div',
      {},
      ...cells.slice(0, MOST_NAMES).map(cell =>
        element(
          'div',
          { class: 'jp-Cacheable-upstream' },
          element('p', {
            class: 'jp-Cacheable-hint',
            text: trans.__('Provides %1', visible(cell.names.join(', ')))
          }),
          scrolled(element('pre', { text: visibleLines(cell.source, 2000) }))
        )
      )
    );
  }

  private readonly _options: Details.IOptions;
  private readonly _reason: HTMLElement;
  private readonly _body: HTMLElement;
  private _preview: Preview | null = null;
  private _opened: IOpened | null = null;
  private _shownReason = '';
}

export namespace Details {
  export interface IOptions extends IDetailsActions, Preview.IOptions {
    format: Format;
    text: StateText;
    /** Why the cell of an entry ran when it was stored, if that is known. */
    reasonOf: (id: string) => IReason | null;
  }
}

/**
 * A part that can be folded.
 */
function fold(
  title: string,
  open: boolean,
  content: HTMLElement
): HTMLDetailsElement {
  const section = element(
    'details',
    { class: 'jp-Cacheable-section' },
    element('summary', { text: title }),
    content
  );
  section.open = open;
  return section;
}

/**
 * A part with a list in it, and nothing when the list is empty.
 */
function list<T>(
  title: string,
  open: boolean,
  items: readonly T[],
  make: (items: readonly T[]) => HTMLElement
): HTMLElement[] {
  return items.length === 0
    ? []
    : [fold(`${title} (${items.length})`, open, make(items))];
}

function sourceBlock({ mark, source }: IEntryDetails): HTMLElement {
  const text = mark === '' ? source : `${mark}\n${source}`;
  return scrolled(element('pre', { text: visibleLines(text.trimEnd()) }));
}

function inputList(inputs: readonly IInput[]): HTMLElement {
  return terms(
    inputs.map(({ name, type, summary, digest }) => ({
      name,
      type,
      summary,
      figure: shortDigest(digest)
    }))
  );
}

function definitionList(definitions: readonly IDefinition[]): HTMLElement {
  return terms(
    definitions.map(({ name, digest }) => ({
      name,
      figure: shortDigest(digest)
    }))
  );
}

function namedList(named: readonly INamed[]): HTMLElement {
  return terms(named.map(({ name, value }) => ({ name, figure: value })));
}

function bullets(lines: readonly string[]): HTMLElement {
  return element(
    'ul',
    { class: 'jp-Cacheable-bullets' },
    ...lines.slice(0, MOST_NAMES).map(text => element('li', { text }))
  );
}

/** A name with what there is to say of it. */
interface ITerm {
  name: string;
  type?: string;
  summary?: string;
  /** A size, a version or a digest, at the end of the line. */
  figure: string;
}

function terms(list: readonly ITerm[]): HTMLElement {
  return element(
    'ul',
    { class: 'jp-Cacheable-terms' },
    ...list.slice(0, MOST_NAMES).map(term)
  );
}

function term({ name, type, summary, figure }: ITerm): HTMLElement {
  return element(
    'li',
    {},
    element('code', { text: visible(name, 80) }),
    element('span', {
      class: 'jp-Cacheable-termType',
      text: visible(type ?? '', 80)
    }),
    element('span', {
      class: 'jp-Cacheable-termFigure',
      text: visible(figure, 40)
    }),
    element('span', {
      class: 'jp-Cacheable-termSummary',
      text: visible(summary ?? '')
    })
  );
}
