// What browsers have and jsdom lacks, as far as JupyterLab's packages touch it on import.
const util = require('node:util');

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}

const absent = {
  TextEncoder: util.TextEncoder,
  TextDecoder: util.TextDecoder,
  DragEvent: class DragEvent extends MouseEvent {},
  ResizeObserver: Observer,
  IntersectionObserver: Observer,
  requestIdleCallback: callback => setTimeout(callback, 0),
  cancelIdleCallback: handle => clearTimeout(handle),
  matchMedia: query => ({
    matches: false,
    media: query,
    addEventListener() {},
    removeEventListener() {},
    addListener() {},
    removeListener() {}
  }),
  // Only their presence counts: a test that reaches the network is a wrong test.
  fetch: () => Promise.reject(new Error('a unit test used the network')),
  Request: class Request {},
  Headers: class Headers {},
  Response: class Response {}
};

for (const [name, value] of Object.entries(absent)) {
  globalThis[name] ??= value;
}

// What JupyterLab's packages say in every test that makes a notebook; none of it is ours.
const NOISE =
  /Invalid access: Add Yjs type|Not same Y\.Doc|Clipboard API not available/;
const { warn } = console;
console.warn = (...words) => {
  if (!NOISE.test(String(words))) {
    warn.apply(console, words);
  }
};
