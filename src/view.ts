import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { Controls } from './controls';
import type { Details } from './details';
import { arrange, button, element, setText } from './dom';
import type { IEntry } from './entry';
import type { Format } from './format';
import { GroupSection } from './group';
import type { EntriesModel, IGroup } from './model';
import { Row } from './row';
import type { StateText } from './state';
import { visible } from './text';

/** How many rows are shown at first, and how many more each time. */
const ROWS = 500;
/** How often the ages are brought up to date, in milliseconds. */
const AGEING = 30000;

/**
 * The list of entries with the controls above it: a function of the model.
 */
export class EntriesView extends Widget {
  constructor(options: EntriesView.IOptions) {
    super();
    this.addClass('jp-Cacheable');
    this._options = options;
    this._model = options.model;
    this._controls = new Controls(options);
    this._body = element('div', { class: 'jp-Cacheable-body' });
    this._body.addEventListener('keydown', this);
    this._body.addEventListener('focusin', this);
    this._more = button({
      class: 'jp-Cacheable-button jp-Cacheable-more',
      onClick: () => this._showMore()
    });
    this.node.append(this._controls.node, this._body);
    this._model.changed.connect(this._onChanged, this);
    this._model.revealed.connect(this._onRevealed, this);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    window.clearInterval(this._timer);
    this._dropRows(new Set());
    this._model.changed.disconnect(this._onChanged, this);
    this._model.revealed.disconnect(this._onRevealed, this);
    super.dispose();
  }

  handleEvent(event: Event): void {
    if (event.type === 'keydown') {
      this._onKey(event as KeyboardEvent);
    } else if (event.type === 'focusin') {
      this._onFocus(event as FocusEvent);
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._wake();
  }

  protected override onBeforeHide(msg: Message): void {
    this._sleep();
    super.onBeforeHide(msg);
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) {
      this._wake();
    }
  }

  protected override onBeforeDetach(msg: Message): void {
    this._sleep();
    super.onBeforeDetach(msg);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    const row = this._current === null ? null : this._rows.get(this._current);
    (row?.button ?? this._controls.first).focus();
  }

  protected override onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    this._render();
  }

  /** A hidden panel costs nothing. */
  private _wake(): void {
    this._model.active = true;
    window.clearInterval(this._timer);
    this._timer = window.setInterval(() => this.update(), AGEING);
    this.update();
  }

  private _sleep(): void {
    this._model.active = false;
    window.clearInterval(this._timer);
  }

  private _onChanged(): void {
    this.update();
  }

  private _onRevealed(_: EntriesModel, id: string): void {
    this._wanted = id;
    this.update();
  }

  private _showMore(): void {
    this._limit += ROWS;
    this.update();
  }

  private _render(): void {
    const groups = this._model.groups();
    const shown = groups.reduce((sum, group) => sum + group.entries.length, 0);
    this._controls.update(shown);
    if (shown === 0) {
      this._dropRows(new Set());
      this._order = [];
      this._showMessage();
      return;
    }
    this._message = '';
    const focused = this._focusedIndex();
    const page = firstRows(groups, this._limit);
    this._renderGroups(page);
    this._renderMore(shown);
    this._restoreFocus(focused);
    this._scrollToWanted();
  }

  private _renderGroups(groups: readonly IGroup[]): void {
    const entries = groups.flatMap(group => group.entries);
    this._order = entries.map(entry => entry.id);
    const ids = new Set(this._order);
    this._dropRows(ids);
    if (this._current === null || !ids.has(this._current)) {
      this._current = this._order[0] ?? null;
    }
    const now = Date.now();
    entries.forEach(entry => this._updateRow(entry, now));
    const nodes = groups.map(group => this._renderGroup(group));
    arrange(this._body, nodes);
  }

  private _renderGroup(group: IGroup): HTMLElement {
    const { trans, format } = this._options;
    const key = group.path ?? `:${group.name}`;
    const section = this._groups.get(key) ?? new GroupSection();
    this._groups.set(key, section);
    section.update({
      name: visible(group.name) || trans.__('Unknown notebook'),
      folder: visible(group.path ? PathExt.dirname(group.path) : ''),
      total: trans.__(
        '%1, %2',
        format.entries(group.entries.length),
        format.bytes(group.bytes)
      ),
      rows: group.entries.flatMap(entry => this._rows.get(entry.id)?.node ?? [])
    });
    return section.node;
  }

  private _updateRow(entry: IEntry, now: number): void {
    let row = this._rows.get(entry.id);
    if (!row) {
      row = this._makeRow(entry.id);
      this._rows.set(entry.id, row);
      this._ids.set(row.node, entry.id);
    }
    const { opened } = this._model;
    row.update({
      entry,
      opened: opened?.id === entry.id ? opened : null,
      current: entry.id === this._current,
      now
    });
  }

  private _makeRow(id: string): Row {
    const { trans, text, details, onGoTo, onInvalidate } = this._options;
    return new Row({
      id,
      trans,
      text,
      details,
      onToggle: id => void this._model.toggle(id),
      onGoTo,
      onInvalidate
    });
  }

  private _dropRows(kept: ReadonlySet<string>): void {
    for (const [id, row] of this._rows) {
      if (!kept.has(id)) {
        row.dispose();
        this._rows.delete(id);
      }
    }
  }

  private _renderMore(shown: number): void {
    const rest = shown - this._order.length;
    if (rest > 0) {
      setText(
        this._more,
        this._options.trans._n('Show %1 more', 'Show %1 more', rest)
      );
      this._body.append(this._more);
    }
  }

  private _showMessage(): void {
    const { status, scope, path, filter, error } = this._model;
    const message = [status, scope, path, filter !== '', error].join('\n');
    if (message !== this._message || this._body.childElementCount === 0) {
      this._message = message;
      this._body.replaceChildren(...this._makeMessage());
    }
  }

  private _makeMessage(): HTMLElement[] {
    const { trans } = this._options;
    const model = this._model;
    if (model.status === 'loading') {
      return [hint(trans.__('Loading…'))];
    }
    if (model.status === 'error') {
      const retry = command(trans.__('Retry'), () => void model.refresh());
      const problem = hint(visible(model.error, 500));
      problem.setAttribute('role', 'alert');
      return [problem, retry];
    }
    if (model.entries.length > 0) {
      const clear = command(trans.__('Show all'), () => {
        this._controls.clearFilter();
      });
      return [hint(trans.__('No entry matches the filter.')), clear];
    }
    return this._makeEmptyMessage();
  }

  private _makeEmptyMessage(): HTMLElement[] {
    const { trans, onMark } = this._options;
    const { scope, path } = this._model;
    if (scope === 'notebook' && path === null) {
      const all = command(trans.__('Show all notebooks'), () => {
        this._model.scope = 'all';
      });
      return [
        hint(trans.__('Open a notebook to see what it has stored.')),
        all
      ];
    }
    const what =
      scope === 'notebook'
        ? trans.__('This notebook has stored nothing yet.')
        : trans.__('Nothing has been stored yet.');
    const messages = [
      hint(what),
      hint(
        trans.__(
          'Mark a slow cell and run it once: from then on its results are there at once.'
        )
      )
    ];
    if (path !== null) {
      messages.push(command(trans.__('Mark the selected cell'), onMark));
    }
    return messages;
  }

  private _onKey(event: KeyboardEvent): void {
    const id = this._rowOf(event.target);
    if (id === null || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const isOnRow = event.target === this._rows.get(id)?.button;
    if (isOnRow && this._act(event.key, id)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private _act(key: string, id: string): boolean {
    const index = this._order.indexOf(id);
    switch (key) {
      case 'ArrowDown':
        return this._focusRow(Math.min(index + 1, this._order.length - 1));
      case 'ArrowUp':
        return this._focusRow(Math.max(index - 1, 0));
      case 'Home':
        return this._focusRow(0);
      case 'End':
        return this._focusRow(this._order.length - 1);
      case 'Delete':
        this._options.onInvalidate(id);
        return true;
      case 'Escape':
        this._model.close();
        return true;
      default:
        return false;
    }
  }

  private _onFocus(event: FocusEvent): void {
    const id = this._rowOf(event.target);
    if (id !== null && id !== this._current) {
      this._current = id;
      this.update();
    }
  }

  private _rowOf(target: EventTarget | null): string | null {
    const node = target instanceof Element ? target.closest('li') : null;
    return (node && this._ids.get(node)) ?? null;
  }

  private _focusRow(index: number): boolean {
    const id = this._order[index];
    if (id !== undefined) {
      this._rows.get(id)?.button.focus();
    }
    return true;
  }

  /** The place of the row that has the focus, -1 when none has. */
  private _focusedIndex(): number {
    const id = this._rowOf(document.activeElement);
    return id === null ? -1 : this._order.indexOf(id);
  }

  /** When the focused row is gone, the one in its place takes the focus. */
  private _restoreFocus(index: number): void {
    if (index >= 0 && this._rowOf(document.activeElement) === null) {
      this._focusRow(Math.min(index, this._order.length - 1));
    }
  }

  private _scrollToWanted(): void {
    const row = this._wanted === null ? null : this._rows.get(this._wanted);
    if (row) {
      this._wanted = null;
      row.node.scrollIntoView({ block: 'nearest' });
      row.button.focus();
    }
  }

  private readonly _options: EntriesView.IOptions;
  private readonly _model: EntriesModel;
  private readonly _controls: Controls;
  private readonly _body: HTMLElement;
  private readonly _more: HTMLButtonElement;
  private readonly _rows = new Map<string, Row>();
  private readonly _ids = new WeakMap<Element, string>();
  private readonly _groups = new Map<string, GroupSection>();
  private _order: string[] = [];
  private _current: string | null = null;
  private _wanted: string | null = null;
  private _limit = ROWS;
  private _message = '';
  private _timer = 0;
}

export namespace EntriesView {
  export interface IOptions extends Controls.IOptions {
    model: EntriesModel;
    trans: TranslationBundle;
    format: Format;
    text: StateText;
    /** Makes what fills the region below a row while it is open. */
    details: (region: HTMLElement) => Details;
    onGoTo: (id: string) => void;
    onInvalidate: (id: string) => void;
    onMark: () => void;
  }
}

/**
 * The groups cut after a number of entries.
 */
function firstRows(groups: readonly IGroup[], limit: number): IGroup[] {
  const cut: IGroup[] = [];
  let left = limit;
  for (const group of groups) {
    if (left <= 0) {
      break;
    }
    cut.push({ ...group, entries: group.entries.slice(0, left) });
    left -= group.entries.length;
  }
  return cut;
}

function hint(text: string): HTMLElement {
  return element('p', { class: 'jp-Cacheable-hint', text });
}

function command(text: string, onClick: () => void): HTMLElement {
  return button({ class: 'jp-Cacheable-button', text, onClick });
}
