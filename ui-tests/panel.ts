import type { Locator, Page } from '@playwright/test';
import { expect } from '@playwright/test';

/** The side panel. */
export class Panel {
  constructor(readonly page: Page) {
    this.node = page.getByRole('region', { name: 'Cacheable', exact: true });
    this.tab = page.getByRole('tab', { name: 'Cacheable' });
    this.rows = this.node.locator('.jp-Cacheable-row');
    this.filter = this.node.getByRole('searchbox', { name: 'Filter entries' });
    this.summary = this.node.locator('.jp-Cacheable-summary');
    this.clearStale = this.node.getByRole('button', { name: /^Clear stale/ });
    this.clear = this.node.getByRole('button', { name: 'Clear…' });
  }

  readonly node: Locator;
  /** In the side bar of JupyterLab. */
  readonly tab: Locator;
  readonly rows: Locator;
  readonly filter: Locator;
  readonly summary: Locator;
  readonly clearStale: Locator;
  readonly clear: Locator;

  /** Open it by its tab. */
  async open(): Promise<void> {
    await this.tab.click();
    await expect(this.node).toBeVisible();
  }

  /** The button that switches to the entries of `scope`. */
  scope(scope: 'This notebook' | 'All'): Locator {
    return this.node.getByRole('button', { name: scope, exact: true });
  }

  row(label: string): Row {
    return new Row(this.rows.filter({ hasText: label }));
  }
}

/** One entry in the list. */
export class Row {
  constructor(readonly node: Locator) {
    this.button = node.locator('.jp-Cacheable-open');
    this.state = node.locator('.jp-Cacheable-state');
    this.label = node.locator('.jp-Cacheable-label');
    this.invalidate = node.locator('.jp-Cacheable-invalidate');
    this.details = node.getByRole('region', { name: /^Details of / });
  }

  readonly button: Locator;
  readonly state: Locator;
  readonly label: Locator;
  readonly invalidate: Locator;
  readonly details: Locator;
}
