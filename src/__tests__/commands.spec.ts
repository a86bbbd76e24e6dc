import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';

import type { ICommandOptions } from '../commands';
import { addCommands, CommandIDs, PALETTE } from '../commands';
import { trans } from './fakes';

interface ISetUp {
  commands: CommandRegistry;
  done: string[];
  cell: { isMarked: boolean; isEnabled: boolean };
  changed: Signal<object, void>;
  dispose: () => void;
}

function setUp(): ISetUp {
  const commands = new CommandRegistry();
  const done: string[] = [];
  const changed = new Signal<object, void>({});
  const did =
    (what: string) =>
    (...args: string[]): void => {
      done.push([what, ...args].join(' '));
    };
  const cell = { isMarked: false, isEnabled: true, toggle: did('toggle') };
  const added = addCommands({
    commands,
    tracker: { activeCellChanged: new Signal({}) },
    documents: { changed },
    cellMode: cell,
    model: { scope: 'notebook', refresh: did('refresh') },
    removal: {
      invalidate: did('invalidate'),
      confirmInvalidate: did('ask to invalidate'),
      clear: did('clear'),
      clearStale: did('clear stale')
    },
    navigation: { goTo: did('go to') },
    trans,
    showPanel: did('show')
  } as unknown as ICommandOptions);
  return {
    commands,
    done,
    cell,
    changed,
    dispose: () => {
      added.dispose();
    }
  };
}

describe('commands', () => {
  it('describe their arguments', async () => {
    const { commands } = setUp();
    for (const id of Object.values(CommandIDs)) {
      const description = await commands.describedBy(id);
      expect(description.args).toMatchObject({ type: 'object' });
    }
  });

  it('do what they say', async () => {
    const { commands, done } = setUp();
    for (const id of PALETTE) {
      await commands.execute(id);
    }
    await commands.execute(CommandIDs.clear, { scope: 'all' });
    await commands.execute(CommandIDs.goToCell, { notebook: 'a', cell: 'c' });
    expect(done).toEqual([
      'toggle',
      'show',
      'refresh',
      'clear stale',
      'clear notebook',
      'clear all',
      'go to a c'
    ]);
  });

  it('ask before they invalidate, because an output could have called them', async () => {
    const { commands, done } = setUp();
    await commands.execute(CommandIDs.invalidate, { id: 'e' });
    expect(done).toEqual(['ask to invalidate e']);
  });

  it('do nothing with arguments that make no sense', async () => {
    const { commands, done } = setUp();
    await commands.execute(CommandIDs.invalidate);
    await commands.execute(CommandIDs.invalidate, { id: 7 });
    await commands.execute(CommandIDs.goToCell, { notebook: 'a' });
    await commands.execute(CommandIDs.clear, { scope: 'everything' });
    expect(done).toEqual(['clear notebook']);
  });

  it('show whether the active cell is marked', () => {
    const { commands, cell, changed } = setUp();
    const id = CommandIDs.toggleCell;
    expect(commands.isToggled(id)).toBe(false);
    let changes = 0;
    commands.commandChanged.connect(() => {
      changes += 1;
    });
    cell.isMarked = true;
    changed.emit();
    expect(changes).toBe(1);
    expect(commands.isToggled(id)).toBe(true);
    cell.isEnabled = false;
    expect(commands.isEnabled(id)).toBe(false);
    expect(commands.label(id, { toolbar: true })).toBe('');
    expect(commands.label(id)).toBe('Cacheable cell');
  });

  it('are gone when they are disposed', () => {
    const { commands, changed, dispose } = setUp();
    dispose();
    expect(commands.listCommands()).toEqual([]);
    changed.emit();
  });
});
