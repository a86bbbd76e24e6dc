import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, Notebook } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { CacheableDocument } from './document';
import type { Documents } from './documents';
import type { ITextEdit } from './mark';
import { isMarked, markEdit, moveOffset } from './mark';
import type { IPrompt } from './prompt';

/**
 * Marks cells as cacheable, and takes the mark off, by the line in their text.
 */
export class CellMode {
  constructor(options: CellMode.IOptions) {
    this._options = options;
  }

  /** Whether there is a code cell to mark. */
  get isEnabled(): boolean {
    return this._options.tracker.activeCell?.model.type === 'code';
  }

  /** Whether the active cell is marked. */
  get isMarked(): boolean {
    const cell = this._options.tracker.activeCell;
    return (
      cell?.model.type === 'code' &&
      isMarked(cell.model.sharedModel.getSource())
    );
  }

  /** Give all selected code cells the mark that the active one has not. */
  toggle(): void {
    const panel = this._options.tracker.currentWidget;
    if (!panel || !this.isEnabled) {
      return;
    }
    const marked = !this.isMarked;
    setMarks(panel.content, marked);
    if (marked) {
      void this._warnIfAbsent(this._options.documents.of(panel));
    }
  }

  /** Say once for each start of a kernel that it lacks the package. */
  private async _warnIfAbsent(document: CacheableDocument): Promise<void> {
    const { prompt, trans } = this._options;
    if (await document.autoload.isNewlyAbsent()) {
      prompt.advise(
        trans.__(
          "The kernel's environment does not have jupyterlab-cacheable. Install it there with: pip install jupyterlab-cacheable"
        )
      );
    }
  }

  private readonly _options: CellMode.IOptions;
}

export namespace CellMode {
  export interface IOptions {
    tracker: INotebookTracker;
    documents: Documents;
    prompt: IPrompt;
    trans: TranslationBundle;
  }
}

/**
 * Mark, or unmark, the selected code cells of a notebook as one step of undo.
 */
function setMarks(notebook: Notebook, marked: boolean): void {
  const cells = notebook.widgets.filter(
    cell => cell.model.type === 'code' && notebook.isSelectedOrActive(cell)
  );
  const apply = (): void => cells.forEach(cell => setMark(cell, marked));
  const shared = notebook.model?.sharedModel;
  // Each cell has its own undo stack unless the user chose a common one; a
  // transaction of the notebook would be missing in those.
  if (shared && !shared.disableDocumentWideUndoRedo) {
    shared.transact(apply);
  } else {
    apply();
  }
}

function setMark(cell: Cell, marked: boolean): void {
  const shared = cell.model.sharedModel;
  const edit = markEdit(shared.getSource(), marked);
  if (edit === null) {
    return;
  }
  const cursor = cursorOffset(cell);
  endUndoStep(shared);
  shared.updateSource(edit.from, edit.to, edit.insert);
  endUndoStep(shared);
  keepCursor(cell, cursor, edit);
}

function cursorOffset(cell: Cell): number | null {
  const { editor } = cell;
  return editor && editor.getOffsetAt(editor.getCursorPosition());
}

function keepCursor(cell: Cell, cursor: number | null, edit: ITextEdit): void {
  const position =
    cursor === null
      ? undefined
      : cell.editor?.getPositionAt(moveOffset(cursor, edit));
  if (position) {
    cell.editor?.setCursorPosition(position);
  }
}

/**
 * Keep what is typed just before or after out of this step of undo. The shared
 * model has the method but its interface does not name it.
 */
function endUndoStep(shared: object): void {
  const { undoManager } = shared as {
    undoManager?: { stopCapturing?: () => void } | null;
  };
  undoManager?.stopCapturing?.();
}
