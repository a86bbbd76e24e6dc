import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { answerOf, runLogged } from './command.mjs';
import { Failure, step } from './project.mjs';

const COMMANDS = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable'
];

/**
 * The browser for the tests: CHROMIUM_PATH, one that is installed, else one that is
 * installed now (Debian's as root, otherwise Playwright's own).
 *
 * @returns {Promise<string>} its path
 */
export async function provideChromium() {
  const wanted = process.env.CHROMIUM_PATH;
  if (wanted) {
    if (existsSync(wanted)) {
      return wanted;
    }
    throw new Failure(`CHROMIUM_PATH names ${wanted}, which does not exist.`);
  }
  const found = findChromium();
  if (found) {
    return found;
  }
  await installChromium();
  const installed = findChromium();
  if (installed) {
    return installed;
  }
  throw new Failure(
    'No Chromium was found for the browser tests; install Chromium or Chrome, or name one in CHROMIUM_PATH.'
  );
}

/** @returns {string | null} */
function findChromium() {
  for (const command of COMMANDS) {
    const place = answerOf('/bin/sh', ['-c', `command -v ${command}`]);
    if (place) {
      return place;
    }
  }
  const own = playwrightChromium();
  return existsSync(own) ? own : null;
}

function playwrightChromium() {
  const require = createRequire(import.meta.url);
  return require('@playwright/test').chromium.executablePath();
}

/** Failing is not an error yet: what counts is whether a browser is there afterwards. */
async function installChromium() {
  const install = isDebianRoot()
    ? () =>
        runLogged('chromium', '/bin/sh', [
          '-c',
          'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium'
        ])
    : () => runLogged('chromium', 'npx', ['playwright', 'install', 'chromium']);
  try {
    await step('installing Chromium for the browser tests', install);
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    console.error(error.message);
  }
}

/** Ubuntu's package of this name only points at a snap, which containers cannot run. */
function isDebianRoot() {
  return (
    process.getuid?.() === 0 &&
    existsSync('/etc/debian_version') &&
    /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}
