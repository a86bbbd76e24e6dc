import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { answerOf, runLogged } from './command.mjs';
import { alone } from './lock.mjs';
import { root, setupDir, step } from './project.mjs';
import { environmentOf, pipEnvironment, pythonOf } from './python.mjs';
import { digestOf, forget, isDone, markDone } from './stamp.mjs';

/**
 * One row of the matrix: `oldest` names the libraries held at their lower bound, or
 * says "all"; the others are the newest that go together.
 *
 * @typedef {{ name: string, python: string, oldest: string[] | 'all' }} Row
 */

/** Prints the Python's own version, when it can make environments. */
const PROBE =
  'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';

/** Prints what the table shows of an environment. */
const VERSIONS = `
import platform
from importlib.metadata import version
print(platform.python_version(), *map(version, ["ipykernel", "ipython", "numpy", "pandas"]))
`;

/** Everything that has no pin becomes the newest, in an older environment too. */
const INSTALL = [
  ...['-m', 'pip', 'install', '--upgrade', '--upgrade-strategy', 'eager'],
  ...['--editable', '.[test]']
];

/**
 * @param {string} version such as "3.13"
 * @returns {string | undefined} a Python of that version, none when this machine has none
 */
export function interpreterOf(version) {
  return [`python${version}`, ...ofPyenv(version)].find(
    program => answerOf(program, ['-c', PROBE]) === version
  );
}

/** @param {string} version @returns {string[]} */
function ofPyenv(version) {
  const versions = path.join(
    process.env.PYENV_ROOT ?? path.join(homedir(), '.pyenv'),
    'versions'
  );
  return existsSync(versions)
    ? readdirSync(versions)
        .filter(name => name.startsWith(`${version}.`))
        .map(name => path.join(versions, name, 'bin', 'python'))
    : [];
}

/**
 * Make the environment of a row, or keep the one that is there for the same row.
 *
 * @param {Row} row
 * @param {Record<string, string>} bounds the lower bound of each library
 * @param {string} interpreter
 */
export async function environmentFor(row, bounds, interpreter) {
  const folder = path.join(setupDir, 'matrix', row.name);
  const environment = {
    python: pythonOf(folder),
    variables: environmentOf(folder)
  };
  const names = row.oldest === 'all' ? Object.keys(bounds) : row.oldest;
  const pins = names.map(name => `${name}==${bounds[name]}`);
  const stamp = `matrix-${row.name}`;
  const digest = digestOf(['pyproject.toml'], [root, interpreter, ...pins]);
  if (isDone(stamp, digest) && existsSync(environment.python)) {
    return environment;
  }
  await alone(async () => {
    forget(stamp);
    await step(`making the environment of ${row.name}`, async () => {
      await runLogged(stamp, interpreter, ['-m', 'venv', folder]);
      await runLogged(
        stamp,
        environment.python,
        [...INSTALL, ...pins],
        pipEnvironment()
      );
    });
    markDone(stamp, digest);
  });
  return environment;
}

/**
 * @param {string} python
 * @returns {string[]} the versions of Python, ipykernel, IPython, numpy and pandas
 */
export function versionsOf(python) {
  return (answerOf(python, ['-c', VERSIONS]) ?? '').split(' ');
}
