import type * as nbformat from '@jupyterlab/nbformat';

/**
 * The JSON that the server and the kernel send, and how it is read.
 *
 * Field names are those on the wire. Reading is tolerant: unknown fields are
 * ignored, a missing or wrong one gets a neutral value, and only what cannot
 * be named at all (an entry without id) is dropped. Objects keyed by names out
 * of the user's notebook are read into lists and maps, never into objects.
 */
const STATES = [
  'fresh',
  'stale',
  'orphan',
  'expired',
  'computing',
  'wrong',
  'untrusted',
  'damaged',
  'unknown'
] as const;

/** The state of an entry. */
export type EntryState = (typeof STATES)[number];

const WORDS = [
  'HIT',
  'MISS',
  'FORCED',
  'EXPIRED',
  'WAITED',
  'UNCACHED'
] as const;

/** What happened at one run of a marked cell. */
export type OutcomeWord = (typeof WORDS)[number];

const FINDINGS = ['verified', 'non-deterministic', 'wrong'] as const;

/** What comparing an entry with runs of its cell has found. */
export interface IVerdict {
  state: (typeof FINDINGS)[number];
  /** When it was last compared. */
  at: string;
  /** How often it was compared. */
  times: number;
  /** What differs, as clauses: `the variable 'x'`. */
  differs: string[];
  /** Why runs may differ. */
  cause: string | null;
}

/** One part of the key that differs. */
export interface IChange {
  part: string;
  name: string | null;
  cell: string | null;
  old: string | null;
  new: string | null;
  /** What differs inside of a value, after its name: "has another shape". */
  detail: string | null;
  /** The lines of a unified diff, empty when the kernel has made none. */
  diff: string[];
}

/** Why something is as it is: one sentence without full stop, and the parts. */
export interface IReason {
  sentence: string;
  changes: IChange[];
}

/** State and reason of an entry. */
export interface IJudgement {
  state: EntryState;
  reason: IReason | null;
  /** Null while it was never compared with a run. */
  verdict: IVerdict | null;
}

/** One row of the list. Sizes in bytes, times in seconds, dates in ISO UTC. */
export interface IEntry extends IJudgement {
  id: string;
  key: string;
  label: string;
  /** Contents path; null when outside the server's root or unknown. */
  notebook: string | null;
  notebook_name: string;
  cell_id: string | null;
  size: number;
  duration: number;
  created_at: string;
  last_used_at: string | null;
  hits: number;
  saved: number;
  tags: string[];
  expires_at: string | null;
}

/** One page of the list. */
export interface IEntryPage {
  entries: IEntry[];
  cursor: string | null;
  /** Why none can be seen, in one sentence. */
  problem: string | null;
}

/** A name that the cell reads, as the key saw its value. */
export interface IInput {
  name: string;
  type: string;
  summary: string;
  digest: string;
  cell: string | null;
}

/** A name that the entry keeps. */
export interface IVariable {
  name: string;
  type: string;
  summary: string;
  size: number;
}

/** A cell whose code the result depends on. */
export interface IUpstreamCell {
  cell: string | null;
  source: string;
  names: string[];
}

/** A function, class or module that the cell uses. */
export interface IDefinition {
  name: string;
  digest: string;
  cell: string | null;
}

/** A name with a short text: a package and its version, a file and its digest. */
export interface INamed {
  name: string;
  value: string;
}

/** Everything known of one entry. */
export interface IEntryDetails extends IEntry {
  source: string;
  mark: string;
  inputs: IInput[];
  upstream: IUpstreamCell[];
  definitions: IDefinition[];
  packages: INamed[];
  /** Files that were named on the mark line, or that the run read or wrote. */
  files: INamed[];
  /** Environment variables that count; the value says only whether there was one. */
  environment: INamed[];
  /** Variables that were named on the mark line and that the code does not mention. */
  declared: IInput[];
  variables: IVariable[];
  deleted: string[];
  notes: string[];
  outputs: nbformat.IOutput[];
}

/** What happened at one run of a marked cell, from the kernel. */
export interface IOutcome {
  outcome: OutcomeWord;
  key: string | null;
  entry: string | null;
  reason: IReason | null;
  duration: number;
  saved: number;
  notes: string[];
  computed_at: string | null;
  /** Of a run that was compared with its entry. */
  verdict: IVerdict | null;
  /** Whether it is still being stored; another outcome follows. */
  saving: boolean;
}

/** What would happen if a marked cell ran now, judged from the document. */
export interface ICellForecast {
  forecast: 'hit' | 'run' | 'unknown';
  reason: IReason | null;
  entry: string | null;
  saved: number;
  size: number;
  computed_at: string | null;
}

/** The answer to the cells of one document. */
export interface IForecast {
  entries: Map<string, IJudgement>;
  cells: Map<string, ICellForecast>;
}

/** How much was, or would be, removed. */
export interface IRemoved {
  removed: number;
  bytes: number;
}

/** The states whose entries cannot hit any more, which "clear stale" removes. */
export function isStale(state: EntryState): boolean {
  return state === 'stale' || state === 'orphan' || state === 'expired';
}

/** The hexadecimal part of a key, cut to the 16 digits that are shown. */
export function shortKey(key: string): string {
  return key.slice(key.lastIndexOf(':') + 1).slice(0, 16);
}

/** A digest without its algorithm, cut to the 8 digits that are shown. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 8);
}

export function readPage(value: unknown): IEntryPage {
  const page = fields(value);
  return {
    entries: list(page.entries).map(readEntry).filter(known),
    cursor: textOrNull(page.cursor),
    problem: textOrNull(page.problem)
  };
}

/** An entry, or null when it has no id. */
export function readEntry(value: unknown): IEntry | null {
  const entry = fields(value);
  const id = text(entry.id);
  if (id === '') {
    return null;
  }
  const key = text(entry.key);
  return {
    ...readJudgement(value),
    id,
    key,
    label: text(entry.label) || shortKey(key) || id,
    notebook: textOrNull(entry.notebook),
    notebook_name: text(entry.notebook_name),
    cell_id: textOrNull(entry.cell_id),
    size: amount(entry.size),
    duration: amount(entry.duration),
    created_at: text(entry.created_at),
    last_used_at: textOrNull(entry.last_used_at),
    hits: amount(entry.hits),
    saved: amount(entry.saved),
    tags: texts(entry.tags),
    expires_at: textOrNull(entry.expires_at)
  };
}

/** An entry with everything known of it, or null when it has no id. */
export function readDetails(value: unknown): IEntryDetails | null {
  const entry = readEntry(value);
  if (entry === null) {
    return null;
  }
  const details = fields(value);
  const parts = fields(details.parts);
  const conditions = fields(details.conditions);
  return {
    ...entry,
    source: text(details.source),
    mark: text(details.mark),
    inputs: Object.entries(fields(parts.inputs)).map(readInput),
    upstream: list(parts.upstream).map(readUpstream),
    definitions: Object.entries(fields(parts.definitions)).map(readDefinition),
    packages: Object.entries(fields(parts.packages)).map(readNamed),
    files: readFiles(parts.files, conditions.files),
    environment: readEnvironment(parts.env, conditions.env),
    declared: Object.entries(fields(parts.vars)).map(readInput),
    variables: list(details.variables).map(readVariable),
    deleted: texts(details.deleted),
    notes: texts(details.notes),
    outputs: list(details.outputs).filter(isOutput)
  };
}

/** An outcome, or null when the value is none. */
export function readOutcome(value: unknown): IOutcome | null {
  const outcome = fields(value);
  const word = WORDS.find(one => one === outcome.outcome);
  if (word === undefined) {
    return null;
  }
  return {
    outcome: word,
    key: textOrNull(outcome.key),
    entry: textOrNull(outcome.entry),
    reason: readReason(outcome.reason),
    duration: amount(outcome.duration),
    saved: amount(outcome.saved),
    notes: texts(outcome.notes),
    computed_at: textOrNull(outcome.computed_at),
    verdict: readVerdict(outcome.verdict),
    saving: outcome.saving === true
  };
}

export function readForecast(value: unknown): IForecast {
  const answer = fields(value);
  return {
    entries: new Map(
      Object.entries(fields(answer.entries)).map(([id, one]) => [
        id,
        readJudgement(one)
      ])
    ),
    cells: new Map(
      Object.entries(fields(answer.cells)).map(([id, one]) => [
        id,
        readCellForecast(one)
      ])
    )
  };
}

export function readRemoved(value: unknown): IRemoved {
  const answer = fields(value);
  return { removed: amount(answer.removed), bytes: amount(answer.bytes) };
}

/** The plain sentence in an error answer of the server, if there is one. */
export function readMessage(value: unknown): string | null {
  return textOrNull(fields(value).message);
}

/** The text of one of the user expressions in an execute reply. */
export function readExpression(content: unknown, name: string): string | null {
  const expression = fields(fields(content).user_expressions)[name];
  return textOrNull(fields(fields(expression).data)['text/plain']);
}

function readCellForecast(value: unknown): ICellForecast {
  const one = fields(value);
  return {
    forecast:
      one.forecast === 'hit' || one.forecast === 'run'
        ? one.forecast
        : 'unknown',
    reason: readReason(one.reason),
    entry: textOrNull(one.entry),
    saved: amount(one.saved),
    size: amount(one.size),
    computed_at: textOrNull(one.computed_at)
  };
}

function readJudgement(value: unknown): IJudgement {
  const one = fields(value);
  return {
    state: STATES.find(state => state === one.state) ?? 'unknown',
    reason: readReason(one.reason),
    verdict: readVerdict(one.verdict)
  };
}

function readVerdict(value: unknown): IVerdict | null {
  const verdict = fields(value);
  const state = FINDINGS.find(one => one === verdict.state);
  if (state === undefined) {
    return null;
  }
  return {
    state,
    at: text(verdict.at),
    times: amount(verdict.times),
    differs: texts(verdict.differs),
    cause: textOrNull(verdict.cause)
  };
}

function readReason(value: unknown): IReason | null {
  const reason = fields(value);
  const sentence = text(reason.sentence);
  if (sentence === '') {
    return null;
  }
  return { sentence, changes: list(reason.changes).map(readChange) };
}

function readChange(value: unknown): IChange {
  const change = fields(value);
  return {
    part: text(change.part),
    name: textOrNull(change.name),
    cell: textOrNull(change.cell),
    old: textOrNull(change.old),
    new: textOrNull(change.new),
    detail: textOrNull(change.detail),
    diff: texts(change.diff)
  };
}

function readInput([name, value]: [string, unknown]): IInput {
  const input = fields(value);
  return {
    name,
    type: text(input.type),
    summary: text(input.summary),
    digest: text(input.digest),
    cell: textOrNull(input.cell)
  };
}

function readDefinition([name, value]: [string, unknown]): IDefinition {
  const definition = fields(value);
  return {
    name,
    digest: text(definition.digest),
    cell: textOrNull(definition.cell)
  };
}

function readNamed([name, value]: [string, unknown]): INamed {
  return { name, value: text(value) || text(fields(value).digest) };
}

function readFiles(declared: unknown, observed: unknown): INamed[] {
  const files = new Map<string, string>();
  for (const [name, answers] of Object.entries(fields(observed))) {
    const content = text(fields(answers).content);
    if (content !== '') {
      files.set(name, content);
    }
  }
  for (const [name, row] of Object.entries(fields(declared))) {
    files.set(name, text(fields(row).digest));
  }
  return [...files].map(([name, content]) => ({
    name,
    value: content.includes(':') ? shortDigest(content) : content
  }));
}

function readEnvironment(declared: unknown, observed: unknown): INamed[] {
  const found = new Map([
    ...Object.entries(fields(observed)),
    ...Object.entries(fields(declared))
  ]);
  return [...found].map(([name, digest]) => ({
    name,
    value: digest === 'absent' ? 'absent' : ''
  }));
}

function readUpstream(value: unknown): IUpstreamCell {
  const upstream = fields(value);
  return {
    cell: textOrNull(upstream.cell),
    source: text(upstream.source),
    names: texts(upstream.names)
  };
}

function readVariable(value: unknown): IVariable {
  const variable = fields(value);
  return {
    name: text(variable.name),
    type: text(variable.type),
    summary: text(variable.summary),
    size: amount(variable.size)
  };
}

function isOutput(value: unknown): value is nbformat.IOutput {
  const output = fields(value);
  switch (output.output_type) {
    case 'stream':
      return typeof output.text === 'string' || isTexts(output.text);
    case 'display_data':
    case 'execute_result':
      return isFields(output.data);
    case 'error':
      return isTexts(output.traceback);
    default:
      return false;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(one => typeof one === 'string');
}

function texts(value: unknown): string[] {
  return list(value).filter((one): one is string => typeof one === 'string');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function amount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
    ? value
    : 0;
}

function known<T>(value: T | null): value is T {
  return value !== null;
}
