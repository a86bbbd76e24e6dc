// Where things are, and how the set-up commands speak. Node built-ins only:
// these files run before anything is installed.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '../..'
);

/** Everything the commands make and can make again; never committed. */
export const setupDir = path.join(root, '.setup');
export const logsDir = path.join(setupDir, 'logs');
export const resultsDir = path.join(setupDir, 'results');

for (const dir of [logsDir, resultsDir]) {
  mkdirSync(dir, { recursive: true });
}

/** A fault the user can act on: its message is one sentence, shown without a trace. */
export class Failure extends Error {}

/** @param {string} line */
export function say(line) {
  console.log(line);
}

/**
 * Run `work`, saying how long it took.
 *
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  say(`  … ${what}`);
  const start = Date.now();
  const result = await work();
  say(`  ✓ ${what} (${seconds(start)} s)`);
  return result;
}

/** @param {number} start milliseconds of `Date.now()` */
export function seconds(start) {
  return ((Date.now() - start) / 1000).toFixed(1);
}

/**
 * Run the body of a command; a Failure ends it with one sentence and exit code 1.
 *
 * @param {() => Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    console.error(`\nError: ${error.message}`);
    process.exitCode = 1;
  }
}
