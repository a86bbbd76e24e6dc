import type { TranslationBundle } from '@jupyterlab/translation';

import type { IRemoved } from './entry';
import type { Format } from './format';
import type { EntriesModel, Scope } from './model';
import type { IPrompt, IQuestion } from './prompt';
import { visible } from './text';

/**
 * Removing entries: asks where it must, and says what was done.
 */
export class Removal {
  constructor(options: Removal.IOptions) {
    this._options = options;
  }

  /** Remove one entry. */
  async invalidate(id: string): Promise<void> {
    const { model, trans, say } = this._options;
    const label = this._label(id);
    await this._try(async () => {
      await model.remove(id);
      say(trans.__('%1 was removed', label));
    });
  }

  /**
   * Ask, then remove one entry: for ways in that outputs of a notebook could
   * take as well.
   */
  async confirmInvalidate(id: string): Promise<void> {
    const { prompt, trans } = this._options;
    const confirmed = await prompt.confirm({
      title: trans.__('Invalidate an entry?'),
      body: trans.__(
        'This removes the entry “%1”. Its cell will run again.',
        this._label(id)
      ),
      accept: trans.__('Invalidate')
    });
    if (confirmed) {
      await this.invalidate(id);
    }
  }

  /** Remove the entries that cannot hit any more. */
  async clearStale(): Promise<void> {
    const { model, prompt, trans, format } = this._options;
    await this._try(async () => {
      if (!model.active) {
        await model.refresh();
      }
      if (model.stale().length === 0) {
        prompt.note(trans.__('There are no stale entries.'));
        return;
      }
      const { removed, bytes } = await model.removeStale();
      prompt.done(
        trans._n(
          'Removed %1 stale entry, %2',
          'Removed %1 stale entries, %2',
          removed,
          format.bytes(bytes)
        )
      );
    });
  }

  /** Count, ask, then remove all entries of a scope. */
  async clear(scope: Scope): Promise<void> {
    const { model, prompt, trans } = this._options;
    await this._try(async () => {
      const path = model.path;
      const counted = await model.clear(scope, true);
      if (counted.removed === 0) {
        prompt.note(trans.__('There is nothing to clear.'));
        return;
      }
      const confirmed = await prompt.confirm(this._question(scope, counted));
      // Another notebook may have become current while the dialog was open.
      if (confirmed && model.path === path) {
        this._report(await model.clear(scope, false));
      }
    });
  }

  private _question(scope: Scope, { removed, bytes }: IRemoved): IQuestion {
    const { trans, format, model } = this._options;
    const size = format.bytes(bytes);
    const accept = trans._n('Clear %1 entry', 'Clear %1 entries', removed);
    if (scope === 'notebook') {
      return {
        title: trans.__('Clear the entries of this notebook?'),
        body: trans._n(
          'This removes %1 entry (%2) of %3. The cell will run again.',
          'This removes %1 entries (%2) of %3. The cells will run again.',
          removed,
          size,
          visible(model.path ?? '')
        ),
        accept
      };
    }
    return {
      title: trans.__('Clear the entries of all notebooks?'),
      body: trans._n(
        'This removes %1 entry (%2), whichever notebook it belongs to. The cell will run again.',
        'This removes all %1 entries (%2), whichever notebook they belong to. The cells will run again.',
        removed,
        size
      ),
      accept
    };
  }

  private _report({ removed, bytes }: IRemoved): void {
    const { prompt, trans, format } = this._options;
    prompt.done(
      trans._n(
        'Removed %1 entry, %2',
        'Removed %1 entries, %2',
        removed,
        format.bytes(bytes)
      )
    );
  }

  private async _try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this._options.prompt.fail(visible((error as Error).message, 500));
    }
  }

  private _label(id: string): string {
    return visible(this._options.model.find(id)?.label ?? id);
  }

  private readonly _options: Removal.IOptions;
}

export namespace Removal {
  export interface IOptions {
    model: EntriesModel;
    prompt: IPrompt;
    trans: TranslationBundle;
    format: Format;
    /** Says what changed to users of screen readers. */
    say: (text: string) => void;
  }
}
