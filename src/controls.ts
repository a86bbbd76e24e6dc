import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element, setText } from './dom';
import type { Format } from './format';
import type { EntriesModel, Scope } from './model';

/**
 * What stands above the list: whose entries, which of them, and what to do with
 * all of them.
 */
export class Controls {
  constructor(options: Controls.IOptions) {
    this._options = options;
    const { trans, model } = options;
    this._scopes = {
      notebook: this._makeScope('notebook', trans.__('This notebook')),
      all: this._makeScope('all', trans.__('All'))
    };
    this._filter = element('input', {
      class: 'jp-Cacheable-filter',
      label: trans.__('Filter entries'),
      attributes: {
        type: 'search',
        placeholder: trans.__('Filter by name, state or tag'),
        spellcheck: 'false'
      }
    });
    this._filter.addEventListener('input', () => {
      model.filter = this._filter.value;
    });
    this._summary = element('div', { class: 'jp-Cacheable-summary' });
    this._stale = button({
      class: 'jp-Cacheable-button',
      onClick: options.onClearStale
    });
    this._clear = button({
      class: 'jp-Cacheable-button',
      text: trans.__('Clear…'),
      onClick: options.onClear
    });
    this.node = element(
      'div',
      { class: 'jp-Cacheable-controls' },
      this._makeBar(),
      this._filter,
      element(
        'div',
        { class: 'jp-Cacheable-actions' },
        this._stale,
        this._clear
      ),
      this._summary
    );
  }

  readonly node: HTMLElement;

  /** The control that takes the focus when there is no row. */
  get first(): HTMLElement {
    return this._filter;
  }

  clearFilter(): void {
    this._filter.value = '';
    this._options.model.filter = '';
    this._filter.focus();
  }

  /**
   * @param shown - how many entries match the filter.
   */
  update(shown: number): void {
    const { model } = this._options;
    for (const scope of ['notebook', 'all'] as const) {
      this._scopes[scope].setAttribute(
        'aria-pressed',
        String(model.scope === scope)
      );
    }
    if (this._filter.value !== model.filter) {
      this._filter.value = model.filter;
    }
    this._updateActions();
    this._updateSummary(shown);
  }

  private _makeScope(scope: Scope, text: string): HTMLButtonElement {
    return button({
      class: 'jp-Cacheable-scope',
      text,
      onClick: () => {
        this._options.model.scope = scope;
      }
    });
  }

  private _makeBar(): HTMLElement {
    const { trans, model } = this._options;
    return element(
      'div',
      { class: 'jp-Cacheable-bar' },
      element(
        'div',
        {
          class: 'jp-Cacheable-scopes',
          role: 'group',
          label: trans.__('Show the entries of')
        },
        this._scopes.notebook,
        this._scopes.all
      ),
      button({
        class: 'jp-Cacheable-iconButton jp-Cacheable-refresh',
        title: trans.__('Refresh'),
        label: trans.__('Refresh'),
        onClick: () => void model.refresh()
      })
    );
  }

  private _updateActions(): void {
    const { model, trans, format } = this._options;
    const stale = model.stale();
    const bytes = stale.reduce((sum, entry) => sum + entry.size, 0);
    setText(
      this._stale,
      stale.length === 0
        ? trans.__('Clear stale')
        : trans.__('Clear stale (%1)', stale.length)
    );
    this._stale.disabled = stale.length === 0;
    this._stale.title =
      stale.length === 0
        ? trans.__('There are no stale entries')
        : trans._n(
            'Remove %1 stale entry, %2: it is not used any more',
            'Remove %1 stale entries, %2: they are not used any more',
            stale.length,
            format.bytes(bytes)
          );
    this._clear.disabled = model.entries.length === 0;
    this._clear.title =
      model.scope === 'notebook'
        ? trans.__('Remove all entries of this notebook')
        : trans.__('Remove all entries of all notebooks');
  }

  private _updateSummary(shown: number): void {
    const { model, trans, format } = this._options;
    const total = model.entries.length;
    if (total === 0) {
      setText(this._summary, '');
      return;
    }
    const facts = [
      shown < total
        ? trans.__('%1 of %2', shown, format.entries(total))
        : format.entries(total),
      format.bytes(model.entries.reduce((sum, entry) => sum + entry.size, 0))
    ];
    const saved = model.entries.reduce((sum, entry) => sum + entry.saved, 0);
    if (saved > 0) {
      facts.push(trans.__('%1 saved', format.duration(saved)));
    }
    setText(this._summary, facts.join(' · '));
  }

  private readonly _options: Controls.IOptions;
  private readonly _scopes: Record<Scope, HTMLButtonElement>;
  private readonly _filter: HTMLInputElement;
  private readonly _summary: HTMLElement;
  private readonly _stale: HTMLButtonElement;
  private readonly _clear: HTMLButtonElement;
}

export namespace Controls {
  export interface IOptions {
    model: EntriesModel;
    trans: TranslationBundle;
    format: Format;
    onClear: () => void;
    onClearStale: () => void;
  }
}
