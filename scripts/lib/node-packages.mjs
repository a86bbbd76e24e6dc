import { existsSync } from 'node:fs';
import path from 'node:path';
import { runLogged } from './command.mjs';
import { Failure, root, step } from './project.mjs';
import { digestOf, forget, isDone, markDone } from './stamp.mjs';

/** Bring node_modules to what package-lock.json says. */
export async function installNodePackages() {
  checkNode();
  // npm writes this file last, so its presence means a finished install.
  const finished = existsSync(
    path.join(root, 'node_modules/.package-lock.json')
  );
  const digest = digestOf(
    ['package-lock.json'],
    [process.platform, process.arch]
  );
  if (finished && isDone('node-packages', digest)) {
    return;
  }
  forget('node-packages');
  await step('installing the Node packages (npm ci)', () =>
    runLogged('npm-ci', 'npm', ['ci', '--include=dev'])
  );
  markDone('node-packages', digest);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Failure(
      `Node 20.19 or newer is needed; this is ${process.versions.node}.`
    );
  }
}
