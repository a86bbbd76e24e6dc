// Makes this checkout ready to run: Node packages, .venv, the built extension.
// Does only what is missing or out of date. With --tests, what the tests need as well.
import { pathToFileURL } from 'node:url';
import { installNodePackages } from './lib/node-packages.mjs';
import { buildLabextension, linkIntoVenv } from './lib/labextension.mjs';
import { alone } from './lib/lock.mjs';
import { main, say, seconds } from './lib/project.mjs';
import { installPythonPackages } from './lib/python.mjs';

/** @param {'run' | 'test'} needs */
export async function setUp(needs) {
  const start = Date.now();
  say('Set-up');
  await alone(async () => {
    const results = await Promise.allSettled([
      installNodePackages().then(buildLabextension),
      installPythonPackages(needs)
    ]);
    for (const result of results) {
      if (result.status === 'rejected') {
        throw result.reason;
      }
    }
    linkIntoVenv();
  });
  say(`  ✓ ready (${seconds(start)} s)`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(() => setUp(process.argv.includes('--tests') ? 'test' : 'run'));
}
