import { arrange, element, setText } from './dom';

/** What the section of a notebook shows. */
export interface IGroupState {
  name: string;
  /** The folder of the notebook, empty for the top one. */
  folder: string;
  total: string;
  rows: readonly HTMLElement[];
}

/**
 * The rows of one notebook under its name.
 */
export class GroupSection {
  constructor() {
    this._name = element('span', { class: 'jp-Cacheable-groupName' });
    this._folder = element('span', { class: 'jp-Cacheable-groupFolder' });
    this._total = element('span', { class: 'jp-Cacheable-groupTotal' });
    this._list = element('ul', { class: 'jp-Cacheable-list', role: 'list' });
    this.node = element(
      'section',
      { class: 'jp-Cacheable-group' },
      element('h3', {}, this._name, this._folder, this._total),
      this._list
    );
  }

  readonly node: HTMLElement;

  update({ name, folder, total, rows }: IGroupState): void {
    setText(this._name, name);
    setText(this._folder, folder);
    setText(this._total, total);
    this._name.title = folder === '' ? name : `${folder}/${name}`;
    this._list.setAttribute('aria-label', name);
    arrange(this._list, rows);
  }

  private readonly _name: HTMLElement;
  private readonly _folder: HTMLElement;
  private readonly _total: HTMLElement;
  private readonly _list: HTMLElement;
}
