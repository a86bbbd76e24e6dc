import type { INotebookTracker } from '@jupyterlab/notebook';
import { NotebookModel } from '@jupyterlab/notebook';

import { CellMode } from '../cellmode';
import type { Documents } from '../documents';
import { settle, trans } from './fakes';

interface ISetUp {
  model: NotebookModel;
  mode: CellMode;
  select: (...indices: number[]) => void;
  sources: () => string[];
  advice: string[];
}

function setUp(
  sources: [type: string, source: string][],
  options: { documentWideUndo?: boolean; isAbsent?: boolean } = {}
): ISetUp {
  const model = new NotebookModel({
    disableDocumentWideUndoRedo: options.documentWideUndo !== true
  });
  model.sharedModel.deleteCellRange(0, model.sharedModel.cells.length);
  model.sharedModel.insertCells(
    0,
    sources.map(([cell_type, source]) => ({ cell_type, source }))
  );
  model.sharedModel.clearUndoHistory();
  const cells = Array.from(model.cells);
  cells.forEach(cell => cell.sharedModel.clearUndoHistory());
  const widgets = cells.map(model => ({ model, editor: null }));
  let selected = [0];
  const content = {
    model,
    widgets,
    isSelectedOrActive: (cell: (typeof widgets)[number]) =>
      selected.includes(widgets.indexOf(cell))
  };
  const tracker = {
    currentWidget: { content },
    get activeCell() {
      return widgets[selected[0] ?? -1] ?? null;
    }
  };
  const advice: string[] = [];
  const autoload = {
    isNewlyAbsent: () => Promise.resolve(options.isAbsent === true)
  };
  const mode = new CellMode({
    tracker: tracker as unknown as INotebookTracker,
    documents: { of: () => ({ autoload }) } as unknown as Documents,
    trans,
    prompt: {
      confirm: () => Promise.resolve(false),
      done: () => undefined,
      note: () => undefined,
      advise: text => advice.push(text),
      fail: () => undefined
    }
  });
  return {
    model,
    mode,
    select: (...indices) => {
      selected = indices;
    },
    sources: () => cells.map(cell => cell.sharedModel.getSource()),
    advice
  };
}

describe('CellMode', () => {
  it('marks the active cell and takes the mark off again', () => {
    const { mode, sources } = setUp([['code', 'x = 1']]);
    expect([mode.isEnabled, mode.isMarked]).toEqual([true, false]);
    mode.toggle();
    expect(sources()).toEqual(['%%cacheable\nx = 1']);
    expect(mode.isMarked).toBe(true);
    mode.toggle();
    expect(sources()).toEqual(['x = 1']);
  });

  it('is undone in one step, without what was typed just before', () => {
    const { model, mode, sources } = setUp([['code', 'x = 1']]);
    const shared = model.cells.get(0).sharedModel;
    shared.updateSource(5, 5, '0');
    mode.toggle();
    shared.updateSource(18, 18, '!');
    expect(sources()).toEqual(['%%cacheable\nx = 10!']);
    shared.undo();
    expect(sources()).toEqual(['%%cacheable\nx = 10']);
    shared.undo();
    expect(sources()).toEqual(['x = 10']);
    shared.redo();
    expect(sources()).toEqual(['%%cacheable\nx = 10']);
  });

  it('gives all selected code cells what the active one gets', () => {
    const { mode, select, sources } = setUp([
      ['code', 'a'],
      ['markdown', 'b'],
      ['code', '%%cacheable\nc'],
      ['code', 'd']
    ]);
    select(0, 1, 2);
    mode.toggle();
    expect(sources()).toEqual(['%%cacheable\na', 'b', '%%cacheable\nc', 'd']);
    mode.toggle();
    expect(sources()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is one step for all cells when the notebook has one undo stack', () => {
    const { model, mode, select, sources } = setUp(
      [
        ['code', 'a'],
        ['code', 'b']
      ],
      { documentWideUndo: true }
    );
    select(0, 1);
    mode.toggle();
    expect(sources()).toEqual(['%%cacheable\na', '%%cacheable\nb']);
    model.sharedModel.undo();
    expect(sources()).toEqual(['a', 'b']);
  });

  it('has nothing to do with cells that hold no code', () => {
    const { mode, sources } = setUp([['markdown', '%%cacheable']]);
    expect([mode.isEnabled, mode.isMarked]).toEqual([false, false]);
    mode.toggle();
    expect(sources()).toEqual(['%%cacheable']);
  });

  it('says how to install the package where the kernel lacks it', async () => {
    const { mode, advice } = setUp([['code', 'x']], { isAbsent: true });
    mode.toggle();
    await settle();
    expect(advice).toEqual([
      "The kernel's environment does not have jupyterlab-cacheable. Install it there with: pip install jupyterlab-cacheable"
    ]);
    mode.toggle();
    await settle();
    expect(advice).toHaveLength(1);
  });
});
