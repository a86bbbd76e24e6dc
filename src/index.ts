// One file is bundled: there is nothing that could be loaded later.
/* eslint-disable jupyter/prefer-lazy-imports */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { Clipboard, ICommandPalette } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Announcer } from './announcer';
import { Api } from './api';
import { BadgeText } from './badge';
import { Badges } from './badges';
import { CellMode } from './cellmode';
import { addCommands, PALETTE } from './commands';
import { Details } from './details';
import { Documents } from './documents';
import { Format } from './format';
import { EntriesModel } from './model';
import { Navigation } from './navigation';
import { CacheablePanel, PANEL_ID } from './panel';
import { Prompt } from './prompt';
import { Removal } from './removal';
import { StateText } from './state';

const PLUGIN_ID = 'jupyterlab-cacheable:plugin';

/**
 * The plugin: makes the parts and connects them.
 */
const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description:
    'Marks notebook cells as cacheable and lists what they have stored.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry, ISettingRegistry],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer],
  activate
};

export default plugin;

async function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  rendermime: IRenderMimeRegistry,
  settingRegistry: ISettingRegistry,
  translator: ITranslator | null,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null
): Promise<void> {
  const { commands, shell, serviceManager } = app;
  const language = translator ?? nullTranslator;
  const trans = language.load('jupyterlab_cacheable');
  const format = new Format(trans, language.languageCode);
  const text = new StateText(trans, format);
  const localPath = (path: string): string =>
    serviceManager.contents.localPath(path);

  const announcer = new Announcer();
  const say = (sentence: string): void => announcer.say(sentence);
  const api = new Api(serviceManager.serverSettings, trans);
  let autoload = false;
  const documents = new Documents({
    tracker,
    api,
    localPath,
    autoload: () => autoload
  });
  const model = new EntriesModel(api, documents);
  const prompt = new Prompt(trans);
  const removal = new Removal({ model, prompt, trans, format, say });
  const cellMode = new CellMode({ tracker, documents, prompt, trans });
  const navigation = new Navigation({
    tracker,
    shell,
    prompt,
    trans,
    localPath,
    open: path => commands.execute('docmanager:open', { path })
  });
  const showPanel = (): void => shell.activateById(PANEL_ID);

  const goTo = (id: string): void => {
    const entry = model.find(id);
    if (entry?.notebook && entry.cell_id) {
      void navigation.goTo(entry.notebook, entry.cell_id);
    }
  };
  const invalidate = (id: string): void => void removal.invalidate(id);

  const panel = new CacheablePanel({
    model,
    trans,
    format,
    text,
    translator: language,
    details: region =>
      new Details(region, {
        trans,
        format,
        text,
        rendermime,
        reasonOf: id => documents.reasonOf(id),
        onGoTo: goTo,
        onInvalidate: invalidate,
        onRetry: id => void model.open(id),
        onCopy: key => Clipboard.copyToSystem(key)
      }),
    onGoTo: goTo,
    onInvalidate: invalidate,
    onMark: () => cellMode.toggle(),
    onClear: () => void removal.clear(model.scope),
    onClearStale: () => void removal.clearStale()
  });
  shell.add(panel, 'left', { rank: 600, type: 'Cacheable' });
  restorer?.add(panel, PANEL_ID);

  addCommands({
    commands,
    tracker,
    documents,
    cellMode,
    model,
    removal,
    navigation,
    trans,
    showPanel
  });
  for (const command of PALETTE) {
    palette?.addItem({ command, category: trans.__('Cacheable') });
  }

  const badgeText = new BadgeText(trans, format);
  const decorate = (_: unknown, view: NotebookPanel): Badges => {
    const badges = new Badges({
      panel: view,
      document: documents.of(view),
      text: badgeText,
      say,
      onClick: (cell, entry) => {
        showPanel();
        void model.reveal(cell, entry);
      }
    });
    view.disposed.connect(badges.dispose, badges);
    return badges;
  };
  tracker.widgetAdded.connect(decorate);
  tracker.forEach(view => decorate(tracker, view));

  const settings = await settingRegistry.load(PLUGIN_ID);
  const applySettings = (): void => {
    autoload = settings.get('autoload').composite !== false;
    documents.load();
  };
  settings.changed.connect(applySettings);
  applySettings();
}
