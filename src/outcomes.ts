import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IOutcome, IReason } from './entry';
import { readOutcome } from './entry';

/** The last run of a cell, as far as it is known. */
export interface IRun {
  /** The source that was sent. */
  code: string;
  running: boolean;
  outcome: IOutcome | null;
  /** When the outcome arrived, in milliseconds since the epoch. */
  at: number;
}

/**
 * The outcomes of the marked cells of one session, by cell id.
 *
 * They ride in the metadata of each `execute_reply`. The request that it
 * answers, which was seen on its way out, says which cell it was. When the
 * kernel stores after it has answered, a second outcome rides in the metadata
 * of its status.
 */
export class Outcomes implements IDisposable {
  constructor(session: ISessionContext) {
    session.kernelChanged.connect(this._onKernelChanged, this);
    session.statusChanged.connect(this._onStatus, this);
    this._listen(session.session?.kernel ?? null);
  }

  /** Emitted with the cell id when an outcome has arrived. */
  get received(): ISignal<this, string> {
    return this._received;
  }

  /** Emitted when any run started, ended or was forgotten. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  get(cell: string): IRun | undefined {
    return this._runs.get(cell);
  }

  /** Why the cell that stored an entry ran, if it was its last run. */
  reasonOf(entry: string): IReason | null {
    for (const { outcome } of this._runs.values()) {
      if (outcome?.entry === entry) {
        return outcome.reason;
      }
    }
    return null;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._listen(null);
    Signal.clearData(this);
  }

  private _onKernelChanged(
    _: ISessionContext,
    change: { newValue: Kernel.IKernelConnection | null }
  ): void {
    this._listen(change.newValue);
    this._forget();
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._forget();
    }
  }

  private _listen(kernel: Kernel.IKernelConnection | null): void {
    this._kernel?.anyMessage.disconnect(this._onMessage, this);
    this._kernel = kernel;
    this._kernel?.anyMessage.connect(this._onMessage, this);
  }

  private _forget(): void {
    this._requests.clear();
    this._saving.clear();
    if (this._runs.size > 0) {
      this._runs.clear();
      this._changed.emit();
    }
  }

  private _onMessage(
    _: Kernel.IKernelConnection,
    { msg, direction }: Kernel.IAnyMessageArgs
  ): void {
    const type = msg.header.msg_type;
    if (direction === 'send') {
      if (type === 'execute_request') {
        this._onRequest(msg as KernelMessage.IExecuteRequestMsg);
      }
    } else if (type === 'execute_input') {
      this._onStart(msg);
    } else if (type === 'execute_reply') {
      this._onReply(msg);
    } else if (type === 'status') {
      this._onSaved(msg);
    }
  }

  private _onRequest(msg: KernelMessage.IExecuteRequestMsg): void {
    const cell = msg.metadata.cellId;
    if (typeof cell === 'string') {
      this._requests.set(msg.header.msg_id, { cell, code: msg.content.code });
    }
  }

  private _onStart(msg: KernelMessage.IMessage): void {
    const request = this._requests.get(parentId(msg));
    if (request) {
      this._runs.set(request.cell, {
        code: request.code,
        running: true,
        outcome: null,
        at: 0
      });
      this._changed.emit();
    }
  }

  private _onReply(msg: KernelMessage.IMessage): void {
    const id = parentId(msg);
    const request = this._requests.get(id);
    if (!request) {
      return;
    }
    this._requests.delete(id);
    const outcome = readOutcome(msg.metadata.cacheable);
    if (outcome === null) {
      this._runs.delete(request.cell);
      this._changed.emit();
      return;
    }
    this._end(request, outcome);
    if (outcome.saving) {
      this._saving.set(id, { ...request, run: this._runs.get(request.cell) });
    } else {
      this._received.emit(request.cell);
    }
  }

  private _onSaved(msg: KernelMessage.IMessage): void {
    const id = parentId(msg);
    const saved = this._saving.get(id);
    const outcome = saved && readOutcome(msg.metadata.cacheable);
    if (!saved || !outcome) {
      return;
    }
    this._saving.delete(id);
    // The cell may be running again.
    if (this._runs.get(saved.cell) === saved.run) {
      this._end(saved, outcome);
      this._received.emit(saved.cell);
    }
  }

  private _end({ cell, code }: IRequest, outcome: IOutcome): void {
    this._runs.set(cell, { code, running: false, outcome, at: Date.now() });
    this._changed.emit();
  }

  private _kernel: Kernel.IKernelConnection | null = null;
  private readonly _requests = new Map<string, IRequest>();
  private readonly _saving = new Map<
    string,
    IRequest & { run: IRun | undefined }
  >();
  private readonly _runs = new Map<string, IRun>();
  private readonly _received = new Signal<this, string>(this);
  private readonly _changed = new Signal<this, void>(this);
  private _isDisposed = false;
}

/** What was sent to run a cell. */
interface IRequest {
  cell: string;
  code: string;
}

function parentId(msg: KernelMessage.IMessage): string {
  return 'msg_id' in msg.parent_header ? msg.parent_header.msg_id : '';
}
