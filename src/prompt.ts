import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

/** How long a message that needs no answer stays, in milliseconds. */
const BRIEFLY = 5000;

/** What needs the user's consent. */
export interface IQuestion {
  title: string;
  body: string;
  /** The words on the button that agrees. */
  accept: string;
}

/** How the user is spoken to outside of the panel. */
export interface IPrompt {
  /** Whether the user agrees to what cannot be undone. */
  confirm(question: IQuestion): Promise<boolean>;
  /** Something was done. */
  done(text: string): void;
  /** There was nothing to do. */
  note(text: string): void;
  /** The user has to do something. */
  advise(text: string): void;
  /** Something failed. */
  fail(text: string): void;
}

/**
 * Dialogs and notifications of JupyterLab.
 */
export class Prompt implements IPrompt {
  constructor(trans: TranslationBundle) {
    this._trans = trans;
  }

  async confirm({ title, body, accept }: IQuestion): Promise<boolean> {
    const result = await showDialog({
      title,
      body,
      buttons: [
        Dialog.cancelButton({ label: this._trans.__('Cancel') }),
        Dialog.warnButton({ label: accept })
      ],
      defaultButton: 0
    });
    return result.button.accept;
  }

  done(text: string): void {
    Notification.success(text, { autoClose: BRIEFLY });
  }

  note(text: string): void {
    Notification.info(text, { autoClose: BRIEFLY });
  }

  advise(text: string): void {
    Notification.info(text, { autoClose: false });
  }

  fail(text: string): void {
    Notification.error(text, { autoClose: false });
  }

  private readonly _trans: TranslationBundle;
}
