// These packages are published as ES modules only, which jest does not load.
const esModules = [
  '@codemirror',
  '@jupyter/',
  '@jupyterlab/',
  '@lezer',
  '@lumino',
  '@marijn',
  '@microsoft',
  '@rjsf',
  'crelt',
  'd3-.*',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'style-mod',
  'vscode-ws-jsonrpc',
  'w3c-keyname',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'jsdom',
  testMatch: ['<rootDir>/src/__tests__/**/*.spec.{ts,tsx}'],
  roots: ['<rootDir>/src'],
  transform: {
    '\\.(ts|tsx|js|mjs|svg|css)$': '<rootDir>/jest/transform.js'
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules}))`],
  modulePathIgnorePatterns: ['<rootDir>/jupyterlab_cacheable/labextension'],
  setupFiles: ['<rootDir>/jest/setup.js'],
  coverageProvider: 'v8'
};
