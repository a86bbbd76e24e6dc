import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { readExpression } from './entry';

/** Whether the kernel's environment has the package, once it has said so. */
export type Presence = 'unknown' | 'loaded' | 'absent';

/**
 * Loads the extension if it can be found, and says so. An expression, so that
 * it binds no name in the user's namespace and its errors come back in the
 * reply instead of in the notebook.
 */
export const LOAD_EXPRESSION = [
  "(lambda find, shell: 'absent' if find('jupyterlab_cacheable') is None",
  "else (shell.extension_manager.load_extension('jupyterlab_cacheable'),",
  "'loaded')[1])",
  "(__import__('importlib.util', fromlist=['find_spec']).find_spec,",
  "__import__('IPython').get_ipython())"
].join(' ');

/**
 * Loads the kernel side into a session's Python kernel, once for each start of
 * the kernel, before any cell runs in it.
 */
export class Autoload implements IDisposable {
  /**
   * @param enabled - whether the user wants it; asked each time.
   */
  constructor(session: ISessionContext, enabled: () => boolean) {
    this._session = session;
    this._enabled = enabled;
    session.kernelChanged.connect(this._onKernelChanged, this);
    session.statusChanged.connect(this._onStatus, this);
    this._learnLanguage();
  }

  get presence(): Presence {
    return this._presence;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /**
   * Send the request unless this start of the kernel has had it. Sent at once,
   * so that a request for a cell that follows runs after it.
   */
  load(): void {
    const kernel = this._session.session?.kernel;
    if (this._sent || !kernel || !this._enabled() || !this._isPython(kernel)) {
      return;
    }
    this._sent = this._send(kernel);
  }

  /**
   * Whether the package is missing and nobody was told since the kernel started.
   * The kernel is asked again, the package may have been installed meanwhile.
   */
  async isNewlyAbsent(): Promise<boolean> {
    if (this._presence === 'absent') {
      this._sent = null;
    }
    this.load();
    await this._sent;
    const isNews = this._presence === 'absent' && !this._isTold;
    this._isTold ||= isNews;
    return isNews;
  }

  private async _send(kernel: Kernel.IKernelConnection): Promise<void> {
    const start = this._start;
    const presence = await askPresence(kernel);
    if (start === this._start) {
      this._presence = presence;
    }
  }

  private _isPython(kernel: Kernel.IKernelConnection): boolean {
    // The kernel itself says what it is, but only after its first reply.
    const language =
      this._language ??
      this._session.specsManager.specs?.kernelspecs[kernel.name]?.language;
    return language?.toLowerCase() === 'python';
  }

  private _learnLanguage(): void {
    this._language = null;
    const kernel = this._session.session?.kernel;
    if (!kernel) {
      return;
    }
    const learn = (info: { language_info: { name: string } }): void => {
      if (this._session.session?.kernel === kernel && !this._isDisposed) {
        this._language = info.language_info.name;
        this.load();
      }
    };
    // A kernel that dies first never says; there is nothing to load then.
    kernel.info.then(learn, () => undefined);
  }

  private _onKernelChanged(): void {
    this._forget();
    this._learnLanguage();
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._forget();
    } else if (
      status === 'starting' ||
      status === 'idle' ||
      status === 'busy'
    ) {
      this.load();
    }
  }

  private _forget(): void {
    this._start += 1;
    this._sent = null;
    this._presence = 'unknown';
    this._isTold = false;
  }

  private readonly _session: ISessionContext;
  private readonly _enabled: () => boolean;
  private _language: string | null = null;
  private _presence: Presence = 'unknown';
  private _sent: Promise<void> | null = null;
  /** Counts the starts, so that an answer out of an earlier one is dropped. */
  private _start = 0;
  private _isTold = false;
  private _isDisposed = false;
}

async function askPresence(
  kernel: Kernel.IKernelConnection
): Promise<Presence> {
  try {
    const reply = await kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      stop_on_error: false,
      allow_stdin: false,
      user_expressions: { cacheable: LOAD_EXPRESSION }
    }).done;
    return readPresence(reply.content);
  } catch {
    // The kernel died or was restarted while it was asked.
    return 'unknown';
  }
}

function readPresence(content: unknown): Presence {
  switch (readExpression(content, 'cacheable')) {
    case "'loaded'":
      return 'loaded';
    case "'absent'":
      return 'absent';
    default:
      return 'unknown';
  }
}
