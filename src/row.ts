import type { TranslationBundle } from '@jupyterlab/translation';

import { button, element, setText } from './dom';
import type { Details } from './details';
import type { IEntry } from './entry';
import type { IOpened } from './model';
import type { StateText } from './state';
import { visible } from './text';

let count = 0;

/** What a row shows. */
export interface IRowState {
  entry: IEntry;
  opened: IOpened | null;
  /** Whether the Tab key leads to this row. */
  current: boolean;
  now: number;
}

/**
 * One entry in the list: a button that shows its details below, and one that
 * removes it.
 */
export class Row {
  constructor(options: Row.IOptions) {
    this._options = options;
    const { trans, id } = options;
    this._state = element('span', { class: 'jp-Cacheable-state' });
    this._label = element('span', { class: 'jp-Cacheable-label' });
    this._facts = element('span', { class: 'jp-Cacheable-facts' });
    this.button = button(
      {
        class: 'jp-Cacheable-open',
        onClick: event => {
          // The second click of a double click must not undo the first.
          if (event.detail < 2) {
            options.onToggle(id);
          } else {
            options.onGoTo(id);
          }
        }
      },
      element('span', { class: 'jp-Cacheable-line' }, this._state, this._label),
      this._facts
    );
    this._invalidate = button({
      class: 'jp-Cacheable-iconButton jp-Cacheable-invalidate',
      title: trans.__('Invalidate: remove this entry, the cell will run again'),
      onClick: () => options.onInvalidate(id)
    });
    this.node = element(
      'li',
      { class: 'jp-Cacheable-row' },
      element(
        'div',
        { class: 'jp-Cacheable-head' },
        this.button,
        this._invalidate
      )
    );
  }

  readonly node: HTMLLIElement;

  /** What takes the focus. */
  readonly button: HTMLButtonElement;

  get id(): string {
    return this._options.id;
  }

  update(state: IRowState): void {
    const { entry, current, now } = state;
    const label = visible(entry.label);
    this._state.dataset.state = entry.state;
    setText(this._state, this._options.text.word(entry.state));
    setText(this._label, label);
    setText(this._facts, this._options.text.facts(entry, now));
    this.button.tabIndex = current ? 0 : -1;
    this.button.title = `${label}\n${this._options.text.sentence(entry)}`;
    this._invalidate.tabIndex = current ? 0 : -1;
    this._invalidate.setAttribute(
      'aria-label',
      this._options.trans.__('Invalidate %1', label)
    );
    this._updateDetails(state);
  }

  dispose(): void {
    this._details?.dispose();
    this._details = null;
  }

  private _updateDetails({ entry, opened }: IRowState): void {
    this.button.setAttribute('aria-expanded', String(opened !== null));
    if (opened === null) {
      this.dispose();
      this._region?.remove();
      this._region = null;
      this.button.removeAttribute('aria-controls');
      return;
    }
    if (this._region === null) {
      this._region = element('div', {
        class: 'jp-Cacheable-region',
        role: 'region',
        label: this._options.trans.__('Details of %1', visible(entry.label))
      });
      count += 1;
      this._region.id = `jp-cacheable-details-${count}`;
      this.button.setAttribute('aria-controls', this._region.id);
      this._details = this._options.details(this._region);
      this.node.append(this._region);
    }
    this._details?.update(entry, opened);
  }

  private readonly _options: Row.IOptions;
  private readonly _state: HTMLElement;
  private readonly _label: HTMLElement;
  private readonly _facts: HTMLElement;
  private readonly _invalidate: HTMLButtonElement;
  private _region: HTMLElement | null = null;
  private _details: Details | null = null;
}

export namespace Row {
  export interface IOptions {
    id: string;
    trans: TranslationBundle;
    text: StateText;
    /** Makes what fills the region below the row while it is open. */
    details: (region: HTMLElement) => Details;
    onToggle: (id: string) => void;
    onGoTo: (id: string) => void;
    onInvalidate: (id: string) => void;
  }
}
