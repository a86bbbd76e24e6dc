import { structuredPatch } from 'diff';
import type { StructuredPatchHunk } from 'diff';

/** Lines that stay the same around those that differ. */
const CONTEXT = 3;
/** With more edits than these the smallest difference is not looked for. */
const MOST_EDITS = 1000;

/**
 * The lines of a unified diff of two texts without the names of files, as the
 * kernel sends them.
 */
export function unified(before: string, after: string): string[] {
  const [old, now] = [whole(before), whole(after)];
  const patch = structuredPatch('', '', old, now, '', '', {
    context: CONTEXT,
    maxEditLength: MOST_EDITS
  });
  return patch === undefined
    ? replaced(old, now)
    : patch.hunks.flatMap(hunk => [head(hunk), ...hunk.lines]);
}

/** All lines of one text, then all of the other. */
function replaced(before: string, after: string): string[] {
  const [old, now] = [before, after].map(text => text.split('\n').slice(0, -1));
  return [
    `@@ -1,${old?.length ?? 0} +1,${now?.length ?? 0} @@`,
    ...(old ?? []).map(line => `-${line}`),
    ...(now ?? []).map(line => `+${line}`)
  ];
}

function head(hunk: StructuredPatchHunk): string {
  const before = range(hunk.oldStart, hunk.oldLines);
  return `@@ -${before} +${range(hunk.newStart, hunk.newLines)} @@`;
}

function range(first: number, count: number): string {
  return count === 1
    ? `${first}`
    : `${count === 0 ? first - 1 : first},${count}`;
}

/** A text whose last line ends like the others. */
function whole(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
