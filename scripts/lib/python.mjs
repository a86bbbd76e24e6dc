import { existsSync } from 'node:fs';
import path from 'node:path';
import { answerOf, runLogged } from './command.mjs';
import { Failure, root, step } from './project.mjs';
import { digestOf, forget, isDone, markDone } from './stamp.mjs';

export const venv = path.join(root, '.venv');

const windows = process.platform === 'win32';

/** The Python of the project's own environment. */
export const python = pythonOf(venv);

/** @param {string} folder of an environment */
export function pythonOf(folder) {
  return windows
    ? path.join(folder, 'Scripts', 'python.exe')
    : path.join(folder, 'bin', 'python');
}

/** Prints "yes" when this Python is new enough and can make environments. */
const PROBE =
  'import sys, venv, ensurepip; print("yes" if sys.version_info >= (3, 11) else "no")';

/**
 * Make `.venv` and install the package into it, editable, with what it needs.
 *
 * @param {'run' | 'test'} needs `test` includes everything `run` installs
 */
export async function installPythonPackages(needs) {
  const torch = needs === 'test' && Boolean(process.env.CACHEABLE_TEST_TORCH);
  const digest = digestOf(
    ['pyproject.toml', 'hatch_build.py'],
    [root, torch ? 'torch' : '']
  );
  const done =
    isDone('python-test', digest) || isDone(`python-${needs}`, digest);
  if (done && existsSync(python)) {
    return;
  }
  forget('python-run');
  forget('python-test');
  await makeEnvironment();
  const extras =
    needs === 'test' ? (torch ? 'test,torch' : 'test') : 'lab,examples';
  await step(`installing the Python packages (pip, ${extras})`, () =>
    runLogged(
      'pip',
      python,
      ['-m', 'pip', 'install', '--editable', `.[${extras}]`],
      pipEnvironment()
    )
  );
  markDone(`python-${needs}`, digest);
}

async function makeEnvironment() {
  if (answerOf(python, ['-c', `import pip; ${PROBE}`]) === 'yes') {
    return;
  }
  const base = findPython();
  await step(`making .venv with ${base}`, () =>
    runLogged('venv', base, ['-m', 'venv', '--clear', venv])
  );
}

/** What activating `.venv` would set, so that `!pip` in a cell means this Python's. */
export function venvEnvironment() {
  return environmentOf(venv);
}

/** @param {string} folder of an environment; what activating it would set */
export function environmentOf(folder) {
  const bin = path.dirname(pythonOf(folder));
  return {
    VIRTUAL_ENV: folder,
    PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}`
  };
}

/** An index that cannot be reached would be asked many times for every package. */
export function pipEnvironment() {
  return {
    PIP_RETRIES: process.env.PIP_RETRIES ?? '0',
    PIP_DISABLE_PIP_VERSION_CHECK:
      process.env.PIP_DISABLE_PIP_VERSION_CHECK ?? '1'
  };
}

/** @returns {string} a Python that can make the environment */
function findPython() {
  const names = process.env.PYTHON
    ? [process.env.PYTHON]
    : [
        'python3.14',
        'python3.13',
        'python3.12',
        'python3.11',
        'python3',
        'python'
      ];
  const found = names.find(name => answerOf(name, ['-c', PROBE]) === 'yes');
  if (!found) {
    throw new Failure(
      `No Python 3.11 or newer with the venv module was found (tried ${names.join(', ')}); install one, or name it in PYTHON.`
    );
  }
  return found;
}
