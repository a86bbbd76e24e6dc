import {
  RenderMimeRegistry,
  standardRendererFactories
} from '@jupyterlab/rendermime';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { ApiError } from '../api';
import { Details } from '../details';
import type { IReason, IVerdict } from '../entry';
import { Format } from '../format';
import { EntriesModel } from '../model';
import { StateText } from '../state';
import { EntriesView } from '../view';
import {
  FakeApi,
  FakeNotebooks,
  makeChange,
  makeEntry,
  settle,
  trans
} from './fakes';

const HOSTILE = '<img src=x onerror="window.hacked = true">\u202egnp.exe';

class Screen {
  constructor(readonly api: FakeApi) {
    const format = new Format(trans, 'en');
    const text = new StateText(trans, format);
    const rendermime = new RenderMimeRegistry({
      initialFactories: standardRendererFactories
    });
    const did =
      (what: string) =>
      (id?: unknown): void => {
        this.done.push(typeof id === 'string' ? `${what} ${id}` : what);
      };
    this.model = new EntriesModel(api, this.notebooks);
    this.view = new EntriesView({
      model: this.model,
      trans,
      format,
      text,
      details: region =>
        new Details(region, {
          trans,
          format,
          text,
          rendermime,
          reasonOf: id => this.reasons.get(id) ?? null,
          onGoTo: did('go to'),
          onInvalidate: did('invalidate'),
          onRetry: id => void this.model.open(id),
          onCopy: did('copy')
        }),
      onGoTo: did('go to'),
      onInvalidate: did('invalidate'),
      onMark: did('mark'),
      onClear: did('clear'),
      onClearStale: did('clear stale')
    });
    this.view.node.querySelectorAll('*').forEach(node => {
      node.scrollIntoView = () => undefined;
    });
  }

  readonly notebooks = new FakeNotebooks();
  /** Why the cells of entries ran, by the ids of the entries. */
  readonly reasons = new Map<string, IReason>();
  readonly model: EntriesModel;
  readonly view: EntriesView;
  readonly done: string[] = [];

  get text(): string {
    return this.view.node.textContent;
  }

  async show(): Promise<void> {
    if (!this.view.isAttached) {
      Widget.attach(this.view, document.body);
    }
    await this.update();
  }

  async update(): Promise<void> {
    await settle();
    MessageLoop.flush();
    await settle();
    MessageLoop.flush();
  }

  find<T extends Element = HTMLElement>(selector: string): T[] {
    return Array.from(this.view.node.querySelectorAll<T>(selector));
  }

  rows(): HTMLButtonElement[] {
    return this.find<HTMLButtonElement>('.jp-Cacheable-open');
  }

  button(text: string): HTMLButtonElement {
    const found = this.find<HTMLButtonElement>('button').find(
      node => node.textContent === text || node.ariaLabel === text
    );
    if (!found) {
      throw new Error(`There is no button "${text}"`);
    }
    return found;
  }

  async press(key: string): Promise<void> {
    document.activeElement?.dispatchEvent(
      new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
    );
    await this.update();
  }
}

async function setUp(api = new FakeApi()): Promise<Screen> {
  const screen = new Screen(api);
  await screen.show();
  return screen;
}

const a = makeEntry({ id: 'a', label: 'a = 1', hits: 4 });
const b = makeEntry({ id: 'b', label: 'b = 2', state: 'stale', size: 2000 });
const c = makeEntry({ id: 'c', label: 'c = 3', state: 'expired', size: 1000 });

describe('EntriesView', () => {
  beforeAll(() => {
    Element.prototype.scrollIntoView = () => undefined;
  });
  afterEach(() => {
    document.body.replaceChildren();
  });

  it('has a row with state, label, size, duration, age and hits', async () => {
    const created_at = new Date(Date.now() - 190000).toISOString();
    const { rows } = await setUp(new FakeApi([{ ...a, created_at }])).then(
      screen => ({ rows: screen.rows() })
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.textContent).toBe(
      'Fresha = 114.3 MB · 2.1 s · 3 min ago · 4 hits'
    );
    expect(rows[0]!.getAttribute('aria-expanded')).toBe('false');
  });

  it('tells what comparing entries with runs has found', async () => {
    const at = '2026-05-04T11:58:00.000Z';
    const differs = ["the variable 'stamp'"];
    const compared = (
      state: IVerdict['state'],
      cause: string | null
    ): IVerdict => ({ state, at, times: 2, differs, cause });
    const screen = await setUp(
      new FakeApi([
        { ...a, verdict: compared('verified', null) },
        { ...b, verdict: compared('non-deterministic', HOSTILE) },
        { ...c, state: 'wrong', verdict: compared('wrong', null) }
      ])
    );
    const [verified, varying, wrong] = screen.rows();
    expect(verified!.textContent).toMatch(/4 hits · verified$/);
    expect(varying!.textContent).toMatch(/ · runs differ$/);
    expect(wrong!.textContent).toMatch(/^Wrong/);
    verified!.click();
    await screen.update();
    expect(screen.text).toContain('Verified by 2 runs, the last on ');
    varying!.click();
    await screen.update();
    expect(screen.text).toContain("showed: the variable 'stamp' (<img src=x");
    expect(screen.find('img')).toHaveLength(0);
    wrong!.click();
    await screen.update();
    expect(screen.text).toContain('the entry is kept and not used');
    expect(screen.button('Clear stale (1)').disabled).toBe(false);
  });

  it('groups rows by notebook in lists with names', async () => {
    const screen = await setUp(
      new FakeApi([
        a,
        makeEntry({ id: 'd', notebook: 'x/d.ipynb', notebook_name: 'd.ipynb' }),
        makeEntry({ id: 'e', notebook: null, notebook_name: '' })
      ])
    );
    screen.button('All').click();
    await screen.update();
    expect(screen.find('h3').map(node => node.textContent)).toEqual([
      'analysis.ipynb1 entry, 14.3 MB',
      'd.ipynbx1 entry, 14.3 MB',
      'Unknown notebook1 entry, 14.3 MB'
    ]);
    expect(screen.find('ul[role="list"]').map(node => node.ariaLabel)).toEqual([
      'analysis.ipynb',
      'd.ipynb',
      'Unknown notebook'
    ]);
    expect(screen.button('All').getAttribute('aria-pressed')).toBe('true');
  });

  it('counts the stale entries on the button and names them in its tooltip', async () => {
    const screen = await setUp(new FakeApi([a, b, c]));
    const button = screen.button('Clear stale (2)');
    expect(button.disabled).toBe(false);
    expect(button.title).toBe(
      'Remove 2 stale entries, 3 kB: they are not used any more'
    );
    button.click();
    screen.button('Clear…').click();
    expect(screen.done).toEqual(['clear stale', 'clear']);
  });

  it('has nothing to clear in an empty list', async () => {
    const screen = await setUp(new FakeApi([a]));
    expect(screen.button('Clear stale').disabled).toBe(true);
    screen.api.entries = [];
    screen.button('Refresh').click();
    await screen.update();
    expect(screen.button('Clear…').disabled).toBe(true);
  });

  it('shows foreign text as text, with what it hides as codes', async () => {
    const screen = await setUp(
      new FakeApi([
        makeEntry({
          id: 'x',
          label: HOSTILE,
          notebook_name: HOSTILE,
          tags: [HOSTILE],
          reason: { sentence: HOSTILE, changes: [] },
          state: 'stale'
        })
      ])
    );
    screen.api.details_ = {
      source: HOSTILE,
      notes: [HOSTILE],
      variables: [{ name: HOSTILE, type: HOSTILE, summary: HOSTILE, size: 1 }],
      parts: {
        inputs: { [HOSTILE]: { type: HOSTILE, summary: HOSTILE } },
        packages: { [HOSTILE]: HOSTILE },
        definitions: { [HOSTILE]: { digest: HOSTILE } },
        files: { [HOSTILE]: { digest: HOSTILE } },
        env: { [HOSTILE]: HOSTILE },
        vars: { [HOSTILE]: { type: HOSTILE, summary: HOSTILE } },
        upstream: [{ source: HOSTILE, names: [HOSTILE] }]
      },
      outputs: [{ output_type: 'stream', name: 'stdout', text: HOSTILE }]
    };
    screen.rows()[0]!.click();
    await screen.update();
    expect(screen.find('img')).toHaveLength(0);
    expect(screen.text).toContain('<img src=x onerror="window.hacked = true">');
    expect(screen.text).toContain('[U+202E]gnp.exe');
    expect(screen.find('[name], [id*="img"]')).toHaveLength(0);
    const outside = screen
      .find('.jp-Cacheable-head, .jp-Cacheable-group h3')
      .map(node => node.outerHTML)
      .join();
    expect(outside).not.toContain('\u202e');
  });

  it('renders stored outputs as untrusted', async () => {
    const screen = await setUp(new FakeApi([a]));
    screen.api.details_ = {
      outputs: [
        {
          output_type: 'display_data',
          metadata: {},
          data: {
            'text/html':
              '<b>safe</b><img src="x" onerror="window.hacked = 1"><script>window.hacked = 2</script>'
          }
        },
        {
          output_type: 'display_data',
          metadata: {},
          data: { 'application/javascript': 'window.hacked = 3' }
        }
      ]
    };
    screen.rows()[0]!.click();
    await screen.update();
    const output = screen.find('.jp-Cacheable-output')[0]!;
    expect(output.querySelector('b')?.textContent).toBe('safe');
    expect(output.querySelector('script')).toBeNull();
    expect(output.querySelector('img')?.getAttribute('onerror')).toBeNull();
    expect(screen.text).toContain(
      'An output that is shown in the notebook only'
    );
    expect('hacked' in window).toBe(false);
  });

  it('opens the details below the row and closes them', async () => {
    const screen = await setUp(
      new FakeApi([
        {
          ...b,
          reason: {
            sentence: "upstream cell 'snr = 300' was edited",
            changes: [
              makeChange({
                part: 'upstream',
                name: 'snr',
                cell: 'c',
                old: 'snr = 200',
                new: 'snr = 300'
              })
            ]
          }
        }
      ])
    );
    screen.api.details_ = { source: 'b = 2', mark: '%%cacheable' };
    const row = screen.rows()[0]!;
    row.click();
    await screen.update();
    expect(row.getAttribute('aria-expanded')).toBe('true');
    const region = document.getElementById(row.getAttribute('aria-controls')!)!;
    expect(region.getAttribute('role')).toBe('region');
    expect(region.ariaLabel).toBe('Details of b = 2');
    expect(region.textContent).toContain(
      "The cell would run again. Reason: upstream cell 'snr = 300' was edited."
    );
    expect(region.textContent).toContain(
      'Upstream cell snr: snr = 200 → snr = 300'
    );
    expect(region.textContent).toContain('%%cacheable\nb = 2');
    expect(region.textContent).toContain('0123456789abcdef');
    screen.button('Copy the key').click();
    screen.button('Go to cell').click();
    screen.button('Invalidate').click();
    expect(screen.done).toEqual([`copy ${b.key}`, 'go to b', 'invalidate b']);
    row.click();
    await screen.update();
    expect(screen.find('.jp-Cacheable-region')).toHaveLength(0);
  });

  it('tells why the cell of an entry ran, with the lines that differ', async () => {
    const screen = await setUp(new FakeApi([a]));
    const diff = ['@@ -1 +1 @@', `-${HOSTILE}`, '+a = 1'];
    screen.reasons.set('a', {
      sentence: 'the code of this cell was edited',
      changes: [makeChange({ part: 'code', diff })]
    });
    screen.rows()[0]!.click();
    await screen.update();
    const region = screen.find('.jp-Cacheable-region')[0]!;
    expect(region.textContent).toContain(
      'When it ran: the code of this cell was edited.'
    );
    expect(screen.find('.jp-Cacheable-diff')[0]!.textContent).toContain(
      'added: +a = 1'
    );
    expect(region.querySelector('img')).toBeNull();
  });

  it('goes to the cell on a double click, with the details open', async () => {
    const screen = await setUp(new FakeApi([a]));
    const row = screen.rows()[0]!;
    row.dispatchEvent(new MouseEvent('click', { detail: 1, bubbles: true }));
    row.dispatchEvent(new MouseEvent('click', { detail: 2, bubbles: true }));
    await screen.update();
    expect(screen.done).toEqual(['go to a']);
    expect(row.getAttribute('aria-expanded')).toBe('true');
  });

  it('says why there are no details and tries again', async () => {
    const screen = await setUp(new FakeApi([a]));
    screen.api.failure = new ApiError('the disk is gone');
    screen.rows()[0]!.click();
    await screen.update();
    expect(screen.text).toContain('the disk is gone');
    screen.api.failure = null;
    screen.button('Retry').click();
    await screen.update();
    expect(screen.text).not.toContain('the disk is gone');
    expect(screen.text).toContain('Source');
  });

  it('is walked through with the keyboard', async () => {
    const screen = await setUp(new FakeApi([a, b, c]));
    const focused = (): number =>
      screen.rows().indexOf(document.activeElement as HTMLButtonElement);
    const stops = (): number[] => screen.rows().map(row => row.tabIndex);
    expect(stops()).toEqual([0, -1, -1]);
    screen.rows()[0]!.focus();
    await screen.press('ArrowDown');
    expect(focused()).toBe(1);
    expect(stops()).toEqual([-1, 0, -1]);
    await screen.press('End');
    expect(focused()).toBe(2);
    await screen.press('ArrowDown');
    expect(focused()).toBe(2);
    await screen.press('Home');
    expect(focused()).toBe(0);
    await screen.press('ArrowUp');
    expect(focused()).toBe(0);
    await screen.press('Delete');
    expect(screen.done).toEqual(['invalidate a']);
    screen.rows()[0]!.click();
    await screen.press('Escape');
    expect(screen.model.opened).toBeNull();
  });

  it('gives the focus to the next row when the focused one goes', async () => {
    const screen = await setUp(new FakeApi([a, b, c]));
    screen.rows()[1]!.focus();
    await screen.model.remove('b');
    await screen.update();
    expect(document.activeElement).toBe(screen.rows()[1]);
    expect(document.activeElement?.textContent).toContain('c = 3');
  });

  it('keeps the nodes of rows that stay', async () => {
    const screen = await setUp(new FakeApi([a, b]));
    const before = screen.rows();
    screen.api.entries = [c, a, b];
    await screen.model.refresh();
    await screen.update();
    expect(screen.rows().slice(1)).toEqual(before);
  });

  it('shows many entries in portions', async () => {
    const many = Array.from({ length: 620 }, (_, i) =>
      makeEntry({ id: `e${i}`, label: `cell ${i}` })
    );
    const screen = await setUp(new FakeApi(many));
    expect(screen.rows()).toHaveLength(500);
    screen.button('Show 120 more').click();
    await screen.update();
    expect(screen.rows()).toHaveLength(620);
  });

  it('brings a revealed entry into focus, also one that comes later', async () => {
    const screen = await setUp(new FakeApi([a]));
    screen.api.entries = [a, b];
    await screen.model.reveal('cell', 'b');
    await screen.model.refresh();
    await screen.update();
    expect(document.activeElement).toBe(screen.rows()[1]);
    expect(screen.rows()[1]!.getAttribute('aria-expanded')).toBe('true');
  });

  it('filters as one types', async () => {
    const screen = await setUp(new FakeApi([a, b]));
    const input = screen.find<HTMLInputElement>('input')[0]!;
    input.value = 'STALE';
    input.dispatchEvent(new Event('input'));
    await screen.update();
    expect(screen.rows()).toHaveLength(1);
    expect(screen.text).toContain('1 of 2 entries');
    input.value = 'nothing';
    input.dispatchEvent(new Event('input'));
    await screen.update();
    expect(screen.text).toContain('No entry matches the filter.');
    screen.button('Show all').click();
    await screen.update();
    expect(input.value).toBe('');
    expect(screen.rows()).toHaveLength(2);
  });

  it('says what to do when nothing is stored yet', async () => {
    const screen = await setUp();
    expect(screen.text).toContain('This notebook has stored nothing yet.');
    screen.button('Mark the selected cell').click();
    expect(screen.done).toEqual(['mark']);
  });

  it('says what to do when no notebook is open', async () => {
    const screen = await setUp();
    screen.notebooks.path = null;
    screen.notebooks.changed.emit();
    await screen.update();
    expect(screen.text).toContain('Open a notebook');
    screen.button('Show all notebooks').click();
    await screen.update();
    expect(screen.text).toContain('Nothing has been stored yet.');
  });

  it('says what is wrong in one sentence and tries again', async () => {
    const api = new FakeApi([a]);
    api.failure = new ApiError('The Jupyter server cannot be reached.');
    const screen = await setUp(api);
    const problem = screen.find('[role="alert"]')[0]!;
    expect(problem.textContent).toBe('The Jupyter server cannot be reached.');
    api.failure = null;
    screen.button('Retry').click();
    await screen.update();
    expect(screen.rows()).toHaveLength(1);
  });

  it('costs nothing while it is hidden', async () => {
    const screen = await setUp(new FakeApi([a]));
    screen.view.hide();
    expect(screen.model.active).toBe(false);
    expect(screen.notebooks.watched).toBe(false);
    screen.api.asked = [];
    screen.view.show();
    await screen.update();
    expect(screen.api.asked).toEqual(['list analysis.ipynb']);
  });

  it('lets go of everything when it is disposed', async () => {
    const screen = await setUp(new FakeApi([a]));
    screen.rows()[0]!.click();
    await screen.update();
    screen.view.dispose();
    screen.model.filter = 'x';
    await settle();
    expect(screen.view.isDisposed).toBe(true);
    expect(screen.model.active).toBe(false);
  });
});
