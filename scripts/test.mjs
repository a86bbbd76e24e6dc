// Runs every check and test, or the groups named first: lint, unit, py, ui. Further
// arguments go to the program of a single group: `npm run test:py -- tests/store -x`.
// The last line is exactly "N passed, N failed".
import path from 'node:path';
import { provideChromium } from './lib/chromium.mjs';
import { runShown } from './lib/command.mjs';
import { counted, pytestCount } from './lib/count.mjs';
import { Failure, resultsDir, say, seconds } from './lib/project.mjs';
import { python } from './lib/python.mjs';
import { setUp } from './setup.mjs';

/**
 * @typedef {import('./lib/count.mjs').Count} Count
 * @typedef {{ name: string, run: (args: string[]) => Promise<Count> }} Step
 */

const jestResult = path.join(resultsDir, 'jest.json');
const pytestResult = path.join(resultsDir, 'pytest.xml');
const playwrightResult = path.join(resultsDir, 'playwright.json');

/** @type {Record<string, Step[]>} */
const GROUPS = {
  lint: [
    linter('eslint', node('eslint/bin/eslint.js'), ['.', '--max-warnings=0']),
    linter('prettier', node('prettier/bin/prettier.cjs'), ['--check', '.']),
    linter('tsc', node('typescript/bin/tsc'), ['--project', 'tsconfig.json']),
    linter('tsc (node)', node('typescript/bin/tsc'), [
      '--project',
      'tsconfig.node.json'
    ]),
    linter(
      'ruff check',
      [python, '-m', 'ruff'],
      ['check', '--no-fix', '--output-format=concise']
    ),
    linter('ruff format', [python, '-m', 'ruff'], ['format', '--check']),
    linter('mypy', [python, '-m', 'mypy'], [])
  ],
  unit: [{ name: 'jest', run: runJest }],
  py: [{ name: 'pytest', run: runPytest }],
  ui: [{ name: 'playwright', run: runPlaywright }]
};

/** @param {string[]} args */
async function runJest(args) {
  const command = [
    ...node('jest/bin/jest.js'),
    '--json',
    `--outputFile=${jestResult}`,
    ...args
  ];
  return counted(command, {}, jestResult, text => {
    const result = JSON.parse(text);
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites
    };
  });
}

/** @param {string[]} args */
async function runPytest(args) {
  const command = [
    python,
    '-m',
    'pytest',
    `--junitxml=${pytestResult}`,
    // A module's tests share kernels, so they stay in one process.
    ...(args.length === 0 ? ['--numprocesses=logical', '--dist=loadfile'] : []),
    ...args
  ];
  return counted(command, {}, pytestResult, pytestCount);
}

/** @param {string[]} args */
async function runPlaywright(args) {
  const environment = {
    CHROMIUM_PATH: await provideChromium(),
    PLAYWRIGHT_JSON_OUTPUT_FILE: playwrightResult
  };
  const command = [
    ...node('@playwright/test/cli.js'),
    'test',
    '--config=ui-tests/playwright.config.ts',
    '--reporter=list,json',
    ...args
  ];
  return counted(command, environment, playwrightResult, text => {
    const { stats, errors } = JSON.parse(text);
    return {
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky + errors.length
    };
  });
}

/**
 * @param {string} name
 * @param {string[]} program
 * @param {string[]} defaults
 * @returns {Step}
 */
function linter(name, [program, ...first], defaults) {
  return {
    name,
    run: async () => {
      const code = await runShown(program, [...first, ...defaults]);
      return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    }
  };
}

/** @param {string} file of a package */
function node(file) {
  return [process.execPath, path.join('node_modules', file)];
}

/**
 * @param {Step} step
 * @param {string[]} args
 */
async function runStep({ name, run }, args) {
  say(`\n── ${name}`);
  const start = Date.now();
  try {
    return { name, ...(await run(args)), seconds: seconds(start) };
  } catch (error) {
    console.error(`${name} did not run: ${String(error)}`);
    return { name, passed: 0, failed: 1, seconds: seconds(start) };
  }
}

/** @param {{ name: string, passed: number, failed: number, seconds: string }[]} rows */
function printTable(rows) {
  say(
    `\n${'step'.padEnd(14)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'seconds'.padStart(9)}`
  );
  for (const row of rows) {
    say(
      row.name.padEnd(14) +
        String(row.passed).padStart(8) +
        String(row.failed).padStart(8) +
        row.seconds.padStart(9)
    );
  }
}

async function setUpForTests() {
  try {
    await setUp('test');
    return true;
  } catch (error) {
    console.error(
      error instanceof Failure ? `\nError: ${error.message}` : error
    );
    return false;
  }
}

const words = process.argv.slice(2);
const first = words.findIndex(word => !(word in GROUPS));
const named = first === -1 ? words : words.slice(0, first);
const rest = first === -1 ? [] : words.slice(first);
const steps = (named.length > 0 ? named : Object.keys(GROUPS)).flatMap(
  group => GROUPS[group]
);

const rows = [];
if (await setUpForTests()) {
  for (const step of steps) {
    rows.push(await runStep(step, rest));
  }
} else {
  rows.push({ name: 'set-up', passed: 0, failed: 1, seconds: '' });
}

const passed = rows.reduce((sum, row) => sum + row.passed, 0);
const failed = rows.reduce((sum, row) => sum + row.failed, 0);
printTable(rows);
say(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
