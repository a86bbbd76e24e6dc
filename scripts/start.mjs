// Opens JupyterLab with this extension in a working folder of its own.
// Ctrl-C stops the server and its kernels.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, cpSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tail } from './lib/command.mjs';
import { freePort } from './lib/port.mjs';
import { Failure, logsDir, main, root, say, setupDir } from './lib/project.mjs';
import { python, venvEnvironment } from './lib/python.mjs';
import { setUp } from './setup.mjs';

const workDir = path.join(setupDir, 'work');
const log = path.join(logsDir, 'jupyter.log');

/** The first start on a slow disk compiles every module of the server. */
const READY_WITHIN = 120_000;

const STOPPED_WITHIN = 6_000;

await main(async () => {
  await setUp('run');
  copyExamples();
  const port = await freePort(8888);
  const token = randomBytes(24).toString('hex');
  const server = startServer(port, token);
  const ended = new Promise(resolve => server.on('exit', resolve));
  const stop = () => stopServer(server);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, stop);
  }
  whenNpmIsGone(stop);
  const ready = await Promise.race([answers(port), ended.then(() => false)]);
  if (!ready) {
    server.kill('SIGKILL');
    throw new Failure(
      `JupyterLab did not start; its log, ${path.relative(root, log)}, ends with:\n${tail(log)}`
    );
  }
  say(`\nWorking folder: ${workDir}`);
  say(`Server log:     ${log}`);
  say('Stop with Ctrl-C.\n');
  say(`Open http://127.0.0.1:${port}/lab?token=${token}`);
  await ended;
  say('\nStopped.');
});

/** Only what is missing is copied: what the user changed stays. */
function copyExamples() {
  mkdirSync(workDir, { recursive: true });
  cpSync(path.join(root, 'examples'), workDir, {
    recursive: true,
    force: false
  });
}

/**
 * The token travels in the environment: arguments are visible to every user.
 *
 * @param {number} port
 * @param {string} token
 */
function startServer(port, token) {
  const output = openSync(log, 'w');
  const server = spawn(
    python,
    [
      '-m',
      'jupyterlab',
      `--ServerApp.root_dir=${workDir}`,
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      `--ServerApp.open_browser=${hasDisplay() ? 'True' : 'False'}`,
      ...(process.getuid?.() === 0 ? ['--allow-root'] : [])
    ],
    {
      cwd: workDir,
      env: { ...process.env, ...venvEnvironment(), JUPYTER_TOKEN: token },
      stdio: ['ignore', output, output],
      // Its own process group: Ctrl-C in the terminal would make it ask a question.
      detached: true
    }
  );
  closeSync(output);
  return server;
}

/**
 * The server shuts down its kernels, then ends, unless a request that was cut short left
 * it waiting for a thread for ever.
 *
 * @param {import('node:child_process').ChildProcess} server
 */
function stopServer(server) {
  if (!server.killed) {
    server.kill('SIGTERM');
    setTimeout(() => server.kill('SIGKILL'), STOPPED_WITHIN).unref();
  }
}

/**
 * npm passes a signal on to the shell between it and this process, where it ends.
 *
 * @param {() => void} stop
 */
function whenNpmIsGone(stop) {
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && stop(), 500).unref();
  }
}

function hasDisplay() {
  if (process.env.CI) {
    return false;
  }
  return (
    ['darwin', 'win32'].includes(process.platform) ||
    Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY)
  );
}

/**
 * @param {number} port
 * @returns {Promise<boolean>} true as soon as the server answers, false when it never does
 */
async function answers(port) {
  const deadline = Date.now() + READY_WITHIN;
  while (Date.now() < deadline) {
    try {
      await fetch(`http://127.0.0.1:${port}/api`);
      return true;
    } catch {
      await sleep(100);
    }
  }
  return false;
}
