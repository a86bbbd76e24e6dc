/** Lines that stay the same around those that differ. */
const CONTEXT = 3;
/** Beyond this many pairs of lines the smallest difference is not looked for. */
const MOST_PAIRS = 250000;

/** One line of a difference: a sign and the line itself. */
type Step = readonly [' ' | '-' | '+', string];

/**
 * The lines of a unified diff of two texts without the names of files, as the
 * kernel sends them.
 */
export function unified(before: string, after: string): string[] {
  const steps = compare(lines(before), lines(after));
  return hunks(steps).flatMap(([start, end]) => [
    head(steps, start, end),
    ...steps.slice(start, end).map(([sign, line]) => sign + line)
  ]);
}

function compare(before: string[], after: string[]): Step[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) {
    start += 1;
  }
  let end = 0;
  while (
    end < shorter - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end += 1;
  }
  const same = (line: string): Step => [' ', line];
  return [
    ...before.slice(0, start).map(same),
    ...compareRest(
      before.slice(start, before.length - end),
      after.slice(start, after.length - end)
    ),
    ...before.slice(before.length - end).map(same)
  ];
}

/** The longest common subsequence decides which lines stay. */
function compareRest(before: string[], after: string[]): Step[] {
  if (before.length * after.length > MOST_PAIRS) {
    return changed(before, after);
  }
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const length = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        before[i] === after[j]
          ? length(i + 1, j + 1) + 1
          : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    const [one = '', other = ''] = [before[i], after[j]];
    if (one === other) {
      steps.push([' ', one]);
    } else if (length(i + 1, j) >= length(i, j + 1)) {
      steps.push(['-', one]);
    } else {
      steps.push(['+', other]);
    }
    const sign = steps[steps.length - 1]?.[0];
    i += sign === '+' ? 0 : 1;
    j += sign === '-' ? 0 : 1;
  }
  return [...steps, ...changed(before.slice(i), after.slice(j))];
}

function changed(before: string[], after: string[]): Step[] {
  return [
    ...before.map((line): Step => ['-', line]),
    ...after.map((line): Step => ['+', line])
  ];
}

/** The stretches of steps to show, as start and end. */
function hunks(steps: readonly Step[]): [number, number][] {
  const found: [number, number][] = [];
  steps.forEach(([sign], index) => {
    if (sign === ' ') {
      return;
    }
    const start = Math.max(0, index - CONTEXT);
    const end = Math.min(steps.length, index + CONTEXT + 1);
    const last = found[found.length - 1];
    if (last && start <= last[1]) {
      last[1] = end;
    } else {
      found.push([start, end]);
    }
  });
  return found;
}

function head(steps: readonly Step[], start: number, end: number): string {
  const range = (sign: '-' | '+'): string => {
    const counts = (list: readonly Step[]): number =>
      list.filter(([one]) => one === sign || one === ' ').length;
    const first = counts(steps.slice(0, start));
    const length = counts(steps.slice(start, end));
    return length === 1 ? `${first + 1}` : `${first + (length && 1)},${length}`;
  };
  return `@@ -${range('-')} +${range('+')} @@`;
}

function lines(text: string): string[] {
  const found = text.split('\n');
  return found[found.length - 1] === '' ? found.slice(0, -1) : found;
}
