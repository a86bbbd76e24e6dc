import type * as nbformat from '@jupyterlab/nbformat';
import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { OutputModel } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { element, scrolled } from './dom';

const MOST_OUTPUTS = 20;

/**
 * What an entry would show.
 *
 * Stored outputs come out of a folder that others may write: they are rendered
 * as untrusted, whoever signed the entry.
 */
export class Preview implements IDisposable {
  constructor(outputs: readonly nbformat.IOutput[], options: Preview.IOptions) {
    this._options = options;
    this.node = element(
      'div',
      {},
      ...outputs.slice(0, MOST_OUTPUTS).map(output => this._host(output))
    );
    const rest = outputs.length - MOST_OUTPUTS;
    if (rest > 0) {
      this.node.append(
        hint(
          options.trans._n('and %1 more output', 'and %1 more outputs', rest)
        )
      );
    }
  }

  /** Renders once it stands in the page. */
  readonly node: HTMLElement;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    for (const renderer of this._renderers.splice(0)) {
      if (renderer.isAttached && !renderer.node.isConnected) {
        // The side panel was taken out of the page with all that is in it.
        MessageLoop.sendMessage(renderer, Widget.Msg.AfterDetach);
      }
      renderer.dispose();
    }
  }

  private _host(output: nbformat.IOutput): HTMLElement {
    const { rendermime, trans } = this._options;
    const data = OutputModel.getData(output);
    const mimeType = rendermime.preferredMimeType(data, 'ensure');
    if (mimeType === undefined) {
      return hint(trans.__('An output that is shown in the notebook only'));
    }
    const renderer = rendermime.createRenderer(mimeType);
    this._renderers.push(renderer);
    const metadata = OutputModel.getMetadata(output);
    const host = scrolled(element('div', { class: 'jp-Cacheable-output' }));
    const model = rendermime.createModel({ data, metadata, trusted: false });
    void this._attach(renderer, model, host);
    return host;
  }

  private async _attach(
    renderer: IRenderMime.IRenderer,
    model: IRenderMime.IMimeModel,
    host: HTMLElement
  ): Promise<void> {
    try {
      await renderer.renderModel(model);
    } catch {
      // The renderer belongs to any extension, the data to any notebook.
      host.replaceChildren(
        hint(this._options.trans.__('An output that cannot be shown'))
      );
      return;
    }
    if (!renderer.isDisposed && host.isConnected) {
      Widget.attach(renderer, host);
    }
  }

  private readonly _options: Preview.IOptions;
  private readonly _renderers: IRenderMime.IRenderer[] = [];
  private _isDisposed = false;
}

export namespace Preview {
  export interface IOptions {
    rendermime: IRenderMimeRegistry;
    trans: TranslationBundle;
  }
}

function hint(text: string): HTMLElement {
  return element('p', { class: 'jp-Cacheable-hint', text });
}
