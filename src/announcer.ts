import type { IDisposable } from '@lumino/disposable';

import { element, setText } from './dom';

/**
 * Tells users of screen readers what changed without moving their focus.
 */
export class Announcer implements IDisposable {
  constructor() {
    this._node = element('div', {
      class: 'jp-Cacheable-announcer',
      role: 'status'
    });
    document.body.append(this._node);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._node.remove();
  }

  say(text: string): void {
    // The same text twice would not be spoken the second time.
    const isRepeated = this._node.textContent === text;
    setText(this._node, isRepeated ? `${text}\u00a0` : text);
  }

  private readonly _node: HTMLElement;
  private _isDisposed = false;
}
