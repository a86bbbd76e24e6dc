// Runs the Python tests of matrix.json in an environment for each of its rows, or for the
// rows named first. Further arguments go to pytest instead of the table's list of tests:
// `npm run test:matrix -- 3.13-newest tests/zoo -x`.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { counted, pytestCount } from './lib/count.mjs';
import {
  environmentFor,
  interpreterOf,
  versionsOf
} from './lib/matrix-environment.mjs';
import {
  Failure,
  main,
  resultsDir,
  root,
  say,
  seconds
} from './lib/project.mjs';

/**
 * @typedef {import('./lib/matrix-environment.mjs').Row} Row
 * @typedef {{
 *   oldest: Record<string, string>,
 *   rows: Row[],
 *   tests: string[]
 * }} Matrix
 * @typedef {import('./lib/count.mjs').Count & {
 *   name: string,
 *   versions: string[],
 *   seconds: string
 * }} Result
 */

const HEADINGS = ['Python', 'ipykernel', 'IPython', 'numpy', 'pandas'];

/** @type {Matrix} */
const matrix = JSON.parse(
  readFileSync(path.join(root, 'scripts', 'matrix.json'), 'utf8')
);

await main(async () => {
  const words = process.argv.slice(2);
  const isRow = (/** @type {string} */ word) =>
    matrix.rows.some(row => row.name === word);
  const first = words.findIndex(word => !isRow(word));
  const named = first === -1 ? words : words.slice(0, first);
  const rest = first === -1 ? [] : words.slice(first);
  const rows = matrix.rows.filter(
    row => named.length === 0 || named.includes(row.name)
  );
  const results = [];
  for (const row of rows) {
    say(`\n── ${row.name}`);
    const interpreter = interpreterOf(row.python);
    if (interpreter) {
      results.push(await runRow(row, interpreter, rest));
    } else {
      say(`skipped: there is no Python ${row.python} on this machine`);
      results.push(skipped(row));
    }
  }
  printTable(results);
  const passed = results.reduce((sum, row) => sum + row.passed, 0);
  const failed = results.reduce((sum, row) => sum + row.failed, 0);
  say(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
});

/**
 * @param {Row} row
 * @param {string} interpreter
 * @param {string[]} args
 * @returns {Promise<Result>}
 */
async function runRow(row, interpreter, args) {
  const start = Date.now();
  /** @type {string[]} */
  let versions = [];
  try {
    const { python, variables } = await environmentFor(
      row,
      matrix.oldest,
      interpreter
    );
    versions = versionsOf(python);
    const result = path.join(resultsDir, `matrix-${row.name}.xml`);
    const command = [
      python,
      '-m',
      'pytest',
      `--junitxml=${result}`,
      // A module's tests share kernels, so they stay in one process.
      '--numprocesses=logical',
      '--dist=loadfile',
      ...(args.length > 0 ? args : matrix.tests)
    ];
    const count = await counted(command, variables, result, pytestCount);
    return { name: row.name, versions, ...count, seconds: seconds(start) };
  } catch (error) {
    const why = error instanceof Failure ? error.message : String(error);
    console.error(`${row.name} did not run: ${why}`);
    const count = { passed: 0, failed: 1 };
    return { name: row.name, versions, ...count, seconds: seconds(start) };
  }
}

/** @param {Row} row @returns {Result} */
function skipped(row) {
  const versions = [`no ${row.python}`];
  return { name: row.name, versions, passed: 0, failed: 0, seconds: 'skipped' };
}

/** @param {Result[]} results */
function printTable(results) {
  const line = (/** @type {string} */ name, /** @type {string[]} */ cells) =>
    say(name.padEnd(20) + cells.map(cell => cell.padStart(11)).join(''));
  say('');
  line('row', [...HEADINGS, 'passed', 'failed', 'seconds']);
  for (const { name, versions, passed, failed, seconds } of results) {
    const shown = HEADINGS.map((_, index) => versions[index] ?? '');
    line(name, [...shown, String(passed), String(failed), seconds]);
  }
}
