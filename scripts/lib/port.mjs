import { createServer } from 'node:net';

/**
 * @param {number} wanted
 * @returns {Promise<number>} `wanted` when it is free on this machine, else another
 */
export async function freePort(wanted) {
  return (await tryPort(wanted)) ?? /** @type {number} */ (await tryPort(0));
}

/**
 * @param {number} port
 * @returns {Promise<number | null>}
 */
function tryPort(port) {
  return new Promise(resolve => {
    const server = createServer();
    server.on('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const bound =
        typeof address === 'object' ? (address?.port ?? null) : null;
      server.close(() => resolve(bound));
    });
  });
}
