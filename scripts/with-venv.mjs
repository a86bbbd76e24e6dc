// node scripts/with-venv.mjs ARGS... runs `python ARGS...` of .venv, set up for tests.
import { runShown } from './lib/command.mjs';
import { main } from './lib/project.mjs';
import { python } from './lib/python.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  await setUp('test');
  process.exitCode = await runShown(python, process.argv.slice(2));
});
