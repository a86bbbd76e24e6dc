import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure, logsDir, root } from './project.mjs';

/** npm is a .cmd file on Windows, which only a shell can start. */
const windows = process.platform === 'win32';

/** Stands for the exit code of a program that does not exist. */
const NOT_STARTED = -1;

/**
 * Run a program silently, its output in `.setup/logs/<log>.log`; the end of that
 * log is shown when the program fails.
 *
 * @param {string} log
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] additions to the environment
 * @returns {Promise<void>}
 */
export async function runLogged(log, program, args, env = {}) {
  const file = path.join(logsDir, `${log}.log`);
  const output = openSync(file, 'w');
  try {
    const code = await exitCode(program, args, ['ignore', output, output], env);
    if (code === NOT_STARTED) {
      throw new Failure(`${program} cannot be started; is it installed?`);
    }
    if (code !== 0) {
      console.error(tail(file));
      throw new Failure(
        `${path.basename(program)} ${args.join(' ')} failed with code ${code}; its whole output is in ${path.relative(root, file)}.`
      );
    }
  } finally {
    closeSync(output);
  }
}

/**
 * Run a program in front of the user.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit code, or NOT_STARTED
 */
export function runShown(program, args, env = {}) {
  return exitCode(program, args, ['ignore', 'inherit', 'inherit'], env);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {string | null} what it printed, null when it failed or is absent
 */
export function answerOf(program, args) {
  const { status, stdout } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 30_000
  });
  return status === 0 ? stdout.trim() : null;
}

/** @param {string} file */
export function tail(file, lines = 20) {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .join('\n');
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
function exitCode(program, args, stdio, env) {
  return new Promise(resolve => {
    const child = spawn(program, args, {
      cwd: root,
      stdio,
      env: { ...process.env, ...env },
      shell: windows && program === 'npm'
    });
    child.on('error', () => resolve(NOT_STARTED));
    child.on('close', code => resolve(code ?? 1));
  });
}
