import { readFileSync, rmSync } from 'node:fs';
import { runShown } from './command.mjs';

/** @typedef {{ passed: number, failed: number }} Count */

/**
 * Run a test program and read its result file. A program that fails without naming a
 * failed test, or leaves no result, did not run as it should: one failure.
 *
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} resultFile
 * @param {(text: string) => Count} read
 * @returns {Promise<Count>}
 */
export async function counted(
  [program, ...args],
  environment,
  resultFile,
  read
) {
  rmSync(resultFile, { force: true });
  const code = await runShown(program, args, environment);
  const count = read(readFileSync(resultFile, 'utf8'));
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

/**
 * @param {string} text what pytest wrote with --junitxml
 * @returns {Count}
 */
export function pytestCount(text) {
  /** @param {string} name */
  const attribute = name =>
    Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(text)?.[1]);
  const failed = attribute('failures') + attribute('errors');
  return {
    passed: attribute('tests') - failed - attribute('skipped'),
    failed
  };
}
