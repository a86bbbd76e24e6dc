import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IPrompt } from './prompt';

/**
 * Brings a cell before the user's eyes.
 */
export class Navigation {
  constructor(options: Navigation.IOptions) {
    this._options = options;
  }

  /**
   * Activate the notebook, opening it if need be, and scroll to the cell.
   *
   * @param path - the notebook's path below the server's root.
   */
  async goTo(path: string, id: string): Promise<void> {
    const { shell, prompt, trans } = this._options;
    const panel = await this._panel(path);
    if (!panel) {
      return;
    }
    await panel.revealed;
    shell.activateById(panel.id);
    const cell = panel.content.widgets.find(cell => cell.model.id === id);
    if (cell) {
      await panel.content.scrollToCell(cell, 'smart');
    } else {
      prompt.note(
        trans.__('The cell of this entry is no longer in the notebook.')
      );
    }
  }

  /** The panel of a notebook; null when it opens in another browser tab. */
  private async _panel(path: string): Promise<NotebookPanel | null> {
    const { tracker, localPath, open } = this._options;
    const known = tracker.find(panel => localPath(panel.context.path) === path);
    const panel = known ?? (await open(path));
    return panel instanceof NotebookPanel ? panel : null;
  }

  private readonly _options: Navigation.IOptions;
}

export namespace Navigation {
  export interface IOptions {
    tracker: INotebookTracker;
    shell: JupyterFrontEnd.IShell;
    prompt: IPrompt;
    trans: TranslationBundle;
    /** The path of a document without the name of its drive. */
    localPath: (path: string) => string;
    /** Open a document. */
    open: (path: string) => Promise<unknown>;
  }
}
