import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const repository = path.resolve(__dirname, '..');
const venvBin = path.join(repository, '.venv', 'bin');

/** What would get between a test and the page, or move under a screenshot. */
const QUIET_SETTINGS = {
  '@jupyterlab/apputils-extension:notification': {
    fetchNews: 'false',
    checkForUpdates: false
  },
  '@jupyterlab/fileeditor-extension:plugin': {
    editorConfig: { cursorBlinkRate: 0 }
  },
  '@jupyterlab/notebook-extension:tracker': {
    codeCellConfig: { cursorBlinkRate: 0 }
  }
};

/** Hides the package from a Python process that starts with it. */
const BLOCKER = `
import sys
from importlib.machinery import PathFinder

class Blocker(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "jupyterlab_cacheable":
            return None
        return super().find_spec(name, path, target)

sys.meta_path[:] = [Blocker if one is PathFinder else one for one in sys.meta_path]
`;

/**
 * A real Jupyter server with JupyterLab (`/lab`) and Notebook 7 (`/notebooks/...`), in a
 * temporary home of its own: it sees none of the user's settings, kernels or entries.
 */
export class JupyterServer {
  /** Start a server over a copy of the examples; resolves when it answers. */
  static async start(): Promise<JupyterServer> {
    const home = await mkdtemp(path.join(tmpdir(), 'cacheable-ui-'));
    const server = new JupyterServer(home, await freePort());
    await server.prepare();
    server.spawn();
    await server.ready();
    return server;
  }

  private constructor(
    /** The temporary folder that everything of this server lives in. */
    readonly home: string,
    readonly port: number
  ) {}

  readonly token = randomBytes(16).toString('hex');

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The folder that the server shows: put notebooks here. */
  get rootDir(): string {
    return path.join(this.home, 'root');
  }

  /** The store of the entries. */
  get storeDir(): string {
    return path.join(this.home, 'store');
  }

  /** What the server and its kernels have to say. */
  get log(): string {
    return path.join(this.home, 'server.log');
  }

  /** @param page such as `lab` or `notebooks/3-tour.ipynb`; may have a query */
  url(page: string): string {
    const url = new URL(page, `${this.baseUrl}/`);
    url.searchParams.set('token', this.token);
    return url.href;
  }

  /** Call the server's REST API; `route` is below its root, such as `api/kernels`. */
  async request(route: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(route, `${this.baseUrl}/`), {
      ...init,
      headers: { Authorization: `token ${this.token}` }
    });
  }

  /**
   * Offer a Python kernel whose environment has not got the package.
   *
   * @returns the name of the kernel.
   */
  async addKernelWithoutPackage(): Promise<string> {
    const name = 'bare';
    const blocker = path.join(this.home, 'blocker');
    const kernels = path.join(this.home, 'data', 'kernels', name);
    await mkdir(blocker, { recursive: true });
    await mkdir(kernels, { recursive: true });
    await writeFile(path.join(blocker, 'sitecustomize.py'), BLOCKER);
    const spec = {
      argv: ['python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      display_name: name,
      language: 'python',
      env: { PYTHONPATH: blocker }
    };
    await writeFile(path.join(kernels, 'kernel.json'), JSON.stringify(spec));
    return name;
  }

  /** End every session with its kernel. */
  async shutDownKernels(): Promise<void> {
    const answer = await this.request('api/sessions');
    const sessions = (await answer.json()) as { id: string }[];
    await Promise.all(
      sessions.map(({ id }) =>
        this.request(`api/sessions/${id}`, { method: 'DELETE' })
      )
    );
  }

  /** Remove all entries. */
  async clearStore(): Promise<void> {
    await this.request('jupyterlab-cacheable/clear', {
      method: 'POST',
      body: JSON.stringify({ scope: 'all' })
    });
  }

  /** Forget the settings that were changed in the browser. */
  async resetSettings(): Promise<void> {
    const settings = path.join(this.home, 'config', 'lab', 'user-settings');
    await rm(settings, { recursive: true, force: true });
  }

  /** Stop the server and its kernels, and remove its folder. */
  async stop(): Promise<void> {
    const child = this.child;
    if (child && !hasEnded(child)) {
      child.kill('SIGTERM');
      // A request that is cut short leaves the server waiting for its thread for ever;
      // it has shut down its kernels by then.
      await Promise.race([ended(child), sleep(3_000)]);
    }
    child?.kill('SIGKILL');
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  private async prepare(): Promise<void> {
    const labconfig = path.join(this.home, 'config', 'labconfig');
    await mkdir(labconfig, { recursive: true });
    await writeFile(
      path.join(labconfig, 'default_setting_overrides.json'),
      JSON.stringify(QUIET_SETTINGS)
    );
    await cp(path.join(repository, 'examples'), this.rootDir, {
      recursive: true
    });
  }

  private spawn(): void {
    const child = spawn(
      path.join(venvBin, 'python'),
      [
        '-m',
        'jupyterlab',
        '--no-browser',
        '--allow-root',
        `--ServerApp.root_dir=${this.rootDir}`,
        `--ServerApp.port=${this.port}`,
        '--ServerApp.port_retries=0',
        '--LabApp.expose_app_in_browser=True',
        '--JupyterNotebookApp.expose_app_in_browser=True'
      ],
      // Its own process group: Ctrl-C would make it ask a question.
      { cwd: this.rootDir, env: this.environment(), detached: true }
    );
    const log = createWriteStream(this.log);
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.child = child;
  }

  private environment(): NodeJS.ProcessEnv {
    const inHome = (name: string) => path.join(this.home, name);
    return {
      ...withoutJupyter(process.env),
      PATH: `${venvBin}${path.delimiter}${process.env.PATH ?? ''}`,
      JUPYTER_TOKEN: this.token,
      JUPYTER_CONFIG_DIR: inHome('config'),
      JUPYTER_DATA_DIR: inHome('data'),
      JUPYTER_RUNTIME_DIR: inHome('runtime'),
      IPYTHONDIR: inHome('ipython'),
      MPLCONFIGDIR: inHome('matplotlib'),
      XDG_CACHE_HOME: inHome('cache'),
      XDG_CONFIG_HOME: inHome('xdg-config'),
      XDG_DATA_HOME: inHome('share'),
      CACHEABLE_DIR: this.storeDir
    };
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline && this.child && !hasEnded(this.child)) {
      try {
        if ((await this.request('api/status')).ok) {
          return;
        }
      } catch {
        // Not listening yet.
      }
      await sleep(100);
    }
    const log = await readFile(this.log, 'utf8');
    await this.stop();
    throw new Error(`the Jupyter server did not start:\n${log}`);
  }

  private child: ChildProcess | undefined;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise(resolve => child.once('exit', () => resolve()));
}

function withoutJupyter(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^(JUPYTER|JPY|CACHEABLE)_|^PYTHONPATH$/.test(name)
    )
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
