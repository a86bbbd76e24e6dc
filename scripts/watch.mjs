// Rebuilds lib/ and the extension at every change; reload the page to see it.
import { spawn } from 'node:child_process';
import { main, root } from './lib/project.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  await setUp('run');
  for (const args of [
    ['run', 'build:lib', '--', '--watch=forever'],
    ['run', 'build:labextension', '--', '--development', '--watch']
  ]) {
    spawn('npm', args, { cwd: root, stdio: 'inherit' });
  }
});
