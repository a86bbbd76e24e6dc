import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import {
  DisposableDelegate,
  DisposableSet,
  type IDisposable
} from '@lumino/disposable';

import type { CellMode } from './cellmode';
import type { Documents } from './documents';
import { cacheableIcon } from './icon';
import type { EntriesModel, Scope } from './model';
import type { Navigation } from './navigation';
import type { Removal } from './removal';

export namespace CommandIDs {
  export const toggleCell = 'jupyterlab-cacheable:toggle-cell';
  export const showPanel = 'jupyterlab-cacheable:show-panel';
  export const refresh = 'jupyterlab-cacheable:refresh';
  export const clearStale = 'jupyterlab-cacheable:clear-stale';
  export const clear = 'jupyterlab-cacheable:clear';
  export const invalidate = 'jupyterlab-cacheable:invalidate';
  export const goToCell = 'jupyterlab-cacheable:go-to-cell';
}

/** The commands that make sense without an argument, for the palette. */
export const PALETTE = [
  CommandIDs.toggleCell,
  CommandIDs.showPanel,
  CommandIDs.refresh,
  CommandIDs.clearStale,
  CommandIDs.clear
];

const NO_ARGS = { type: 'object', properties: {} };

/**
 * Add the commands.
 *
 * Outputs of a notebook can be made to trigger a command by a click on them.
 * So what removes anything that could still be used asks first.
 */
export function addCommands(options: ICommandOptions): IDisposable {
  return DisposableSet.from([
    addToggle(options),
    addPanelCommands(options),
    addRemovalCommands(options)
  ]);
}

export interface ICommandOptions {
  commands: CommandRegistry;
  tracker: INotebookTracker;
  documents: Documents;
  cellMode: CellMode;
  model: EntriesModel;
  removal: Removal;
  navigation: Navigation;
  trans: TranslationBundle;
  showPanel: () => void;
}

function addToggle(options: ICommandOptions): IDisposable {
  const { commands, tracker, documents, cellMode, trans } = options;
  const command = commands.addCommand(CommandIDs.toggleCell, {
    label: args => (args.toolbar ? '' : trans.__('Cacheable cell')),
    caption: () =>
      cellMode.isMarked
        ? trans.__('This cell is cacheable: click to run it always')
        : trans.__('Make this cell cacheable: run it once, then it is instant'),
    icon: args => (args.toolbar ? cacheableIcon : undefined),
    isToggleable: true,
    isToggled: () => cellMode.isMarked,
    isEnabled: () => cellMode.isEnabled,
    execute: async args => {
      cellMode.toggle();
      if (args.toolbar) {
        // The button takes the focus after this call; there the Enter of Shift+Enter would
        // press it again.
        await Promise.resolve();
        tracker.activeCell?.node.focus();
      }
    },
    describedBy: {
      args: {
        type: 'object',
        properties: {
          toolbar: {
            type: 'boolean',
            description: trans.__('Whether it is shown in a toolbar')
          }
        }
      }
    }
  });
  const notify = (): void => {
    commands.notifyCommandChanged(CommandIDs.toggleCell);
  };
  tracker.activeCellChanged.connect(notify);
  documents.changed.connect(notify);
  const listeners = new DisposableDelegate(() => {
    tracker.activeCellChanged.disconnect(notify);
    documents.changed.disconnect(notify);
  });
  return DisposableSet.from([command, listeners]);
}

function addPanelCommands(options: ICommandOptions): IDisposable {
  const { commands, model, navigation, trans, showPanel } = options;
  return DisposableSet.from([
    commands.addCommand(CommandIDs.showPanel, {
      label: trans.__('Show Cacheable Panel'),
      execute: () => showPanel(),
      describedBy: { args: NO_ARGS }
    }),
    commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh Cacheable Entries'),
      execute: () => model.refresh(),
      describedBy: { args: NO_ARGS }
    }),
    commands.addCommand(CommandIDs.goToCell, {
      label: trans.__('Go to Cell of Entry'),
      execute: args => {
        const notebook = textArgument(args, 'notebook');
        const cell = textArgument(args, 'cell');
        return notebook && cell ? navigation.goTo(notebook, cell) : undefined;
      },
      describedBy: {
        args: {
          type: 'object',
          required: ['notebook', 'cell'],
          properties: {
            notebook: {
              type: 'string',
              description: trans.__('Path of the notebook')
            },
            cell: { type: 'string', description: trans.__('Id of the cell') }
          }
        }
      }
    })
  ]);
}

function addRemovalCommands(options: ICommandOptions): IDisposable {
  const { commands, model, removal, trans } = options;
  return DisposableSet.from([
    commands.addCommand(CommandIDs.clearStale, {
      label: trans.__('Clear Stale Cacheable Entries'),
      execute: () => removal.clearStale(),
      describedBy: { args: NO_ARGS }
    }),
    commands.addCommand(CommandIDs.clear, {
      label: trans.__('Clear Cacheable Entries…'),
      execute: args => removal.clear(readScope(args.scope, model.scope)),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            scope: {
              oneOf: [{ const: 'notebook' }, { const: 'all' }],
              description: trans.__(
                'Whose entries; those that the panel lists when not given'
              )
            }
          }
        }
      }
    }),
    commands.addCommand(CommandIDs.invalidate, {
      label: trans.__('Invalidate Entry…'),
      execute: args => {
        const id = textArgument(args, 'id');
        return id ? removal.confirmInvalidate(id) : undefined;
      },
      describedBy: {
        args: {
          type: 'object',
          required: ['id'],
          properties: {
            id: { type: 'string', description: trans.__('Id of the entry') }
          }
        }
      }
    })
  ]);
}

function readScope(value: unknown, fallback: Scope): Scope {
  return value === 'notebook' || value === 'all' ? value : fallback;
}

function textArgument(
  args: ReadonlyPartialJSONObject,
  name: string
): string | null {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
