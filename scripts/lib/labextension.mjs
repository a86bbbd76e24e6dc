import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync
} from 'node:fs';
import path from 'node:path';
import { runLogged } from './command.mjs';
import { root, step } from './project.mjs';
import { venv } from './python.mjs';
import { digestOf, forget, isDone, markDone } from './stamp.mjs';

const built = path.join(root, 'jupyterlab_cacheable', 'labextension');
const serverConfig = 'jupyter-config/server-config/jupyterlab_cacheable.json';

/** Build lib/ and the JupyterLab extension when their sources changed. */
export async function buildLabextension() {
  const digest = digestOf([
    'src',
    'style',
    'schema',
    'package.json',
    'package-lock.json'
  ]);
  if (existsSync(path.join(built, 'package.json')) && isDone('build', digest)) {
    return;
  }
  forget('build');
  await step('building the JupyterLab extension', () =>
    runLogged('build', 'npm', ['run', 'build'])
  );
  markDone('build', digest);
}

/**
 * Show the built extension and the server's configuration to the Jupyter of `.venv`.
 * An editable install leaves these out; a link makes every rebuild visible at once.
 */
export function linkIntoVenv() {
  link(
    built,
    path.join(venv, 'share/jupyter/labextensions/jupyterlab-cacheable')
  );
  const folder = path.join(venv, 'etc/jupyter/jupyter_server_config.d');
  mkdirSync(folder, { recursive: true });
  copyFileSync(
    path.join(root, serverConfig),
    path.join(folder, path.basename(serverConfig))
  );
}

/** @param {string} target @param {string} place */
function link(target, place) {
  const present = lstatSync(place, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() && readlinkSync(place) === target) {
    return;
  }
  rmSync(place, { recursive: true, force: true });
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(target, place, 'junction');
}
