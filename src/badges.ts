import type { Cell } from '@jupyterlab/cells';
import { CellFooter, CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { PanelLayout } from '@lumino/widgets';

import type { BadgeText, IBadge } from './badge';
import type { CacheableDocument } from './document';
import { button, element, setText } from './dom';

/** How often the ages are brought up to date, in milliseconds. */
const AGEING = 30000;

/**
 * The badges below the cells of one view of a notebook.
 */
export class Badges implements IDisposable {
  constructor(options: Badges.IOptions) {
    this._options = options;
    const { document } = options;
    document.changed.connect(this._onChanged, this);
    document.received.connect(this._onReceived, this);
    this._timer = window.setInterval(() => this._updateIfVisible(), AGEING);
    this._update();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearInterval(this._timer);
    window.cancelAnimationFrame(this._frame);
    Signal.clearData(this);
  }

  private _onChanged(): void {
    window.cancelAnimationFrame(this._frame);
    this._frame = window.requestAnimationFrame(() => this._update());
  }

  private _onReceived(_: CacheableDocument, id: string): void {
    const { panel, say } = this._options;
    const cell = panel.content.widgets.find(cell => cell.model.id === id);
    const badge = cell && this._badge(cell);
    if (badge && panel.isVisible) {
      say(badge.text);
    }
  }

  private _updateIfVisible(): void {
    if (this._options.panel.isVisible) {
      this._update();
    }
  }

  private _update(): void {
    if (this._isDisposed) {
      return;
    }
    for (const cell of this._options.panel.content.widgets) {
      this._show(cell, this._badge(cell));
    }
  }

  private _badge(cell: Cell): IBadge | null {
    if (!(cell instanceof CodeCell) || cell.isDisposed) {
      return null;
    }
    const { document, text } = this._options;
    const source = cell.model.sharedModel.getSource();
    const facts = document.facts(cell.model.id, source);
    return facts && text.badge({ ...facts, now: Date.now() });
  }

  private _show(cell: Cell, badge: IBadge | null): void {
    const known = this._buttons.get(cell);
    if (badge === null) {
      known?.remove();
      this._buttons.delete(cell);
    } else if (known) {
      known.show(badge);
    } else {
      this._add(cell, badge);
    }
  }

  private _add(cell: Cell, badge: IBadge): void {
    const footer = findFooter(cell);
    if (footer) {
      const made = new BadgeButton(entry =>
        this._options.onClick(cell.model.id, entry)
      );
      made.show(badge);
      footer.addClass('jp-Cacheable-footer');
      footer.node.append(made.node);
      this._buttons.set(cell, made);
    } else if (!this._waiting.has(cell)) {
      // Cells out of sight are placeholders without footer.
      this._waiting.add(cell);
      void cell.ready.then(() => this._onChanged());
    }
  }

  private readonly _options: Badges.IOptions;
  private readonly _buttons = new WeakMap<Cell, BadgeButton>();
  private readonly _waiting = new WeakSet<Cell>();
  private readonly _timer: number;
  private _frame = 0;
  private _isDisposed = false;
}

export namespace Badges {
  export interface IOptions {
    panel: NotebookPanel;
    document: CacheableDocument;
    text: BadgeText;
    /** Called with the cell and the entry that its badge names, if it does. */
    onClick: (cell: string, entry: string | null) => void;
    /** Says what changed to users of screen readers. */
    say: (text: string) => void;
  }
}

/**
 * The badge of one cell.
 */
class BadgeButton {
  constructor(onClick: (entry: string | null) => void) {
    this._text = element('span', { class: 'jp-Cacheable-badgeText' });
    this.node = button(
      {
        class: 'jp-Cacheable-badge',
        // Enter and Space belong to the button, not to the notebook.
        attributes: { 'data-lm-suppress-shortcuts': 'true' },
        onClick: () => onClick(this._entry)
      },
      this._text
    );
  }

  readonly node: HTMLButtonElement;

  show(badge: IBadge): void {
    this._entry = badge.entry;
    this.node.dataset.kind = badge.kind;
    setText(this._text, badge.text);
    if (this.node.title !== badge.title) {
      this.node.title = badge.title;
      this.node.setAttribute('aria-label', badge.title);
    }
  }

  remove(): void {
    this.node.remove();
  }

  private readonly _text: HTMLElement;
  private _entry: string | null = null;
}

function findFooter(cell: Cell): CellFooter | undefined {
  const layout = cell.layout as PanelLayout | null;
  return layout?.widgets.find(widget => widget instanceof CellFooter);
}
