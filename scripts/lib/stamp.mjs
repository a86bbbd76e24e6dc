// A stamp remembers the content some work was done for, so that it is done again
// exactly when that content changed. Modification times do not survive a checkout.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs';
import path from 'node:path';
import { root, setupDir } from './project.mjs';

const stampsDir = path.join(setupDir, 'stamps');

/**
 * @param {string[]} paths files and folders, relative to the repository
 * @param {string[]} [facts] other texts the work depends on
 */
export function digestOf(paths, facts = []) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(facts));
  for (const file of paths.flatMap(filesUnder)) {
    hash.update(`\0${file}\0`);
    hash.update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

/** @param {string} name @param {string} digest */
export function isDone(name, digest) {
  const file = path.join(stampsDir, name);
  return existsSync(file) && readFileSync(file, 'utf8') === digest;
}

/** @param {string} name @param {string} digest */
export function markDone(name, digest) {
  mkdirSync(stampsDir, { recursive: true });
  writeFileSync(path.join(stampsDir, name), digest);
}

/** @param {string} name */
export function forget(name) {
  rmSync(path.join(stampsDir, name), { force: true });
}

/**
 * @param {string} relative
 * @returns {string[]} sorted; empty when it does not exist
 */
function filesUnder(relative) {
  const full = path.join(root, relative);
  if (!existsSync(full)) {
    return [];
  }
  if (!statSync(full).isDirectory()) {
    return [relative];
  }
  return readdirSync(full)
    .sort()
    .flatMap(name => filesUnder(path.join(relative, name)));
}
