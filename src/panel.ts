import { SidePanel } from '@jupyterlab/ui-components';
import type { ITranslator } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';

import { cacheableIcon } from './icon';
import { EntriesView } from './view';

/** The id of the panel in the shell. */
export const PANEL_ID = 'jupyterlab-cacheable:panel';

/**
 * The side panel: a place in the shell for the list of entries.
 */
export class CacheablePanel extends SidePanel {
  constructor(options: CacheablePanel.IOptions) {
    super({ content: new Panel(), translator: options.translator });
    const { trans } = options;
    this.id = PANEL_ID;
    this.addClass('jp-Cacheable-panel');
    this.title.icon = cacheableIcon;
    this.title.caption = trans.__('Cacheable');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Cacheable'));
    this._view = new EntriesView(options);
    this.addWidget(this._view);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._view.activate();
  }

  private readonly _view: EntriesView;
}

export namespace CacheablePanel {
  export interface IOptions extends EntriesView.IOptions {
    translator: ITranslator;
  }
}
