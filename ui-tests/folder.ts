import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { JupyterServer } from './server';

/** A folder of one test below the one that the server shows. */
export class Folder {
  static async make(server: JupyterServer): Promise<Folder> {
    const name = randomUUID().slice(0, 8);
    await mkdir(path.join(server.rootDir, name));
    return new Folder(server, name);
  }

  private constructor(
    private readonly server: JupyterServer,
    readonly name: string
  ) {}

  /**
   * Put a copy of an example here.
   *
   * @returns its path as the server knows it.
   */
  async copy(example: string): Promise<string> {
    const { rootDir } = this.server;
    await copyFile(
      path.join(rootDir, example),
      path.join(rootDir, this.name, example)
    );
    return `${this.name}/${example}`;
  }

  /**
   * Write a notebook of code cells that have not run.
   *
   * @returns its path as the server knows it.
   */
  async write(
    file: string,
    sources: readonly string[],
    kernel = 'python3'
  ): Promise<string> {
    const cells = sources.map(source => ({
      cell_type: 'code',
      id: randomUUID(),
      metadata: {},
      execution_count: null,
      outputs: [],
      source
    }));
    const metadata = {
      kernelspec: { name: kernel, display_name: kernel, language: 'python' },
      language_info: { name: 'python' }
    };
    await writeFile(
      path.join(this.server.rootDir, this.name, file),
      JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 })
    );
    return `${this.name}/${file}`;
  }
}

/** The sum of the sizes of all files in a folder, in bytes. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true
  });
  const sizes = entries
    .filter(entry => entry.isFile())
    .map(async entry => {
      const { size } = await stat(path.join(entry.parentPath, entry.name));
      return size;
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
