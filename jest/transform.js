// Compiles TypeScript and ES modules for jest with esbuild: the same compiler as the
// build, and without the type check, which `tsc` does once for all files.
const path = require('node:path');
const esbuild = require('esbuild');

const LOADERS = {
  '.ts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.svg': 'text',
  '.css': 'empty'
};

module.exports = {
  canInstrument: false,
  process(source, file) {
    const { code, map } = esbuild.transformSync(source, {
      format: 'cjs',
      loader: LOADERS[path.extname(file)],
      sourcefile: file,
      sourcemap: 'external',
      target: 'node20'
    });
    return { code, map };
  }
};
