import { randomUUID } from 'node:crypto';

import type { Locator, Page } from '@playwright/test';
import { expect } from '@playwright/test';

import type { JupyterServer } from './server';

/** What `--LabApp.expose_app_in_browser` puts on the page. */
declare global {
  interface Window {
    jupyterapp: {
      started: Promise<void>;
      isPluginActivated(id: string): boolean;
      commands: { execute(id: string, args?: object): Promise<unknown> };
      serviceManager: { serverSettings: { baseUrl: string } };
      shell: {
        currentWidget: {
          context?: {
            sessionContext: {
              session: { kernel: { status: string } | null } | null;
            };
          };
        } | null;
      };
    };
  }
}

export type Host = 'lab' | 'notebooks';

/** One notebook in a tab of the browser, used as a person uses it. */
export class Notebook {
  /** Open a notebook in JupyterLab or in Notebook 7. */
  static async open(
    page: Page,
    server: JupyterServer,
    file: string,
    host: Host = 'lab'
  ): Promise<Notebook> {
    const below =
      host === 'lab' ? `lab/workspaces/${randomUUID()}/tree` : 'notebooks';
    const encoded = file.split('/').map(encodeURIComponent).join('/');
    await page.goto(server.url(`${below}/${encoded}`));
    const notebook = new Notebook(page);
    await notebook.ready();
    return notebook;
  }

  constructor(readonly page: Page) {
    this.node = page.locator('.jp-NotebookPanel:visible');
  }

  readonly node: Locator;

  /** Wait for its kernel: cells that are run before it is there do not run. */
  async ready(): Promise<void> {
    await expect(this.node).toBeVisible({ timeout: 30_000 });
    await this.page.waitForFunction(() => {
      const context = window.jupyterapp.shell.currentWidget?.context;
      return context?.sessionContext.session?.kernel?.status === 'idle';
    });
  }

  /** @param index - counts the cells of all types from 0. */
  cell(index: number): Cell {
    return new Cell(this.node.locator('.jp-Notebook .jp-Cell').nth(index));
  }

  /** Choose an item of the main menu, by the labels on the way to it. */
  async menu(first: string, ...rest: (string | RegExp)[]): Promise<void> {
    await this.page
      .locator('.lm-MenuBar-item')
      .filter({ hasText: new RegExp(`^${first}$`) })
      .click();
    for (const [depth, label] of rest.entries()) {
      await this.page
        .locator('.lm-Menu')
        .nth(depth)
        .locator('.lm-Menu-item')
        .filter({ hasText: label })
        .click();
    }
  }

  async runAll(): Promise<void> {
    await this.menu('Run', /^Run All Cells/);
  }

  /** Restart the kernel and run all, and agree when Lab asks. */
  async restartAndRunAll(): Promise<void> {
    await this.menu('Kernel', /^Restart Kernel and Run All Cells/);
    await this.page
      .getByRole('dialog')
      .getByRole('button', { name: 'Confirm Kernel Restart' })
      .click();
  }

  async chooseTheme(theme: string): Promise<void> {
    await this.menu('Settings', /^Theme$/, new RegExp(`^${theme}$`));
    await expect(this.page.locator('body')).toHaveAttribute(
      'data-jp-theme-name',
      theme
    );
    await expect(this.page.locator('#jupyterlab-splash')).toHaveCount(0);
  }

  async save(): Promise<void> {
    const saved = this.page.waitForResponse(
      response =>
        response.request().method() === 'PUT' &&
        response.url().includes('/api/contents/')
    );
    await this.menu('File', /^Save Notebook(?! As)/);
    await saved;
  }

  /** Run a command by typing its name into the command palette. */
  async palette(label: string): Promise<void> {
    await this.page.keyboard.press('Control+Shift+C');
    const palette = this.page.locator('.lm-CommandPalette:visible');
    await palette.locator('input').fill(label);
    await palette
      .locator('.lm-CommandPalette-item')
      .filter({ hasText: label })
      .first()
      .click();
  }
}

/** One cell of a notebook. */
export class Cell {
  constructor(readonly node: Locator) {
    this.editor = node.locator('.jp-InputArea-editor .cm-content');
    this.prompt = node.locator('.jp-InputArea-prompt');
    this.outputs = node.locator('.jp-OutputArea-output');
    this.badge = node.locator('.jp-Cacheable-badge');
    this.toggle = node.locator(
      '.jp-cell-toolbar [data-command="jupyterlab-cacheable:toggle-cell"]'
    );
  }

  readonly editor: Locator;
  readonly prompt: Locator;
  readonly outputs: Locator;
  readonly badge: Locator;
  /** The button in the toolbar that the active cell has. */
  readonly toggle: Locator;

  /** Make it the active cell, in command mode. */
  async select(): Promise<void> {
    await this.prompt.click();
    await expect(this.node).toHaveClass(/jp-mod-active/);
  }

  /** Start it and do not wait. */
  async start(): Promise<void> {
    await this.select();
    await this.node.page().keyboard.press('Control+Enter');
  }

  /** Run it and wait until the kernel has done with it. */
  async run(): Promise<void> {
    const before = await this.prompt.textContent();
    await this.start();
    await expect(this.prompt).not.toHaveText(before ?? '', { timeout: 60_000 });
    await expect(this.prompt).toHaveText(/^\[\d+\]:$/, { timeout: 60_000 });
  }

  /** What stands in the editor; for cells that need no scrolling. */
  async source(): Promise<string> {
    const lines = await this.editor.locator('.cm-line').allTextContents();
    return lines.join('\n');
  }

  /** Replace what stands in the editor, as one step of undo. */
  async type(source: string): Promise<void> {
    await this.editor.click();
    const { keyboard } = this.node.page();
    await keyboard.press('Control+A');
    await keyboard.insertText(source);
  }

  /** All that its outputs show: texts, and the data of pictures. */
  async shown(): Promise<string[]> {
    const texts = await this.outputs.allInnerTexts();
    const images = await this.outputs
      .locator('img')
      .evaluateAll(nodes => nodes.map(node => (node as HTMLImageElement).src));
    return [...texts, ...images];
  }
}
