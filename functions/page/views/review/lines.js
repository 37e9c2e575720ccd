// The difference between two texts, line by line: Myers' greedy algorithm (An O(ND) Difference Algorithm, 1986).

/** @typedef {{kind: "same" | "removed" | "added", text: string}} Line */

/** More differences than this are shown as one text taken for another: nobody reads them line by line. */
const MOST = 600;

/**
 * @param {string} before
 * @param {string} after
 * @returns {Line[]}
 */
export function lines(before, after) {
  const a = split(before), b = split(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const middle = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [...as("same", a.slice(0, start)), ...middle, ...as("same", a.slice(a.length - end))];
}

/** @param {string} text @returns {string[]} */
function split(text) {
  const found = text.replaceAll("\r\n", "\n").split("\n");
  if (found.length > 1 && found.at(-1) === "") found.pop();
  return text === "" ? [] : found;
}

/** @param {Line["kind"]} kind @param {string[]} texts @returns {Line[]} */
const as = (kind, texts) => texts.map((text) => ({ kind, text }));

/** @param {string[]} a @param {string[]} b @returns {Line[]} */
function compare(a, b) {
  if (!a.length || !b.length) return [...as("removed", a), ...as("added", b)];
  const reach = new Map([[1, 0]]);
  /** @type {Map<number, number>[]} */
  const trace = [];
  for (let edits = 0; edits <= Math.min(a.length + b.length, MOST); edits++) {
    trace.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1));
      let x = down ? at(reach, k + 1) : at(reach, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walk(a, b, trace);
    }
  }
  return [...as("removed", a), ...as("added", b)];
}

/** @param {Map<number, number>} reach @param {number} k */
const at = (reach, k) => reach.get(k) ?? -1;

/** The way back through the trace. @param {string[]} a @param {string[]} b @param {Map<number, number>[]} trace */
function walk(a, b, trace) {
  /** @type {Line[]} */
  const found = [];
  let x = a.length, y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = /** @type {Map<number, number>} */ (trace[edits]), k = x - y;
    const down = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1));
    const fromK = down ? k + 1 : k - 1, fromX = at(reach, fromK), fromY = fromX - fromK;
    while (x > fromX && y > fromY && x > 0 && y > 0) found.push({ kind: "same", text: a[--x] ?? "" }) && y--;
    if (edits === 0) break;
    if (down) found.push({ kind: "added", text: b[--y] ?? "" });
    else found.push({ kind: "removed", text: a[--x] ?? "" });
  }
  return found.reverse();
}

const AROUND = 3;

/**
 * The lines with long runs of equal ones folded to `{skipped: n}`.
 * @param {Line[]} found
 * @returns {(Line | {skipped: number})[]}
 */
export function folded(found) {
  const near = new Uint8Array(found.length);
  found.forEach((line, index) => {
    if (line.kind !== "same") near.fill(1, Math.max(0, index - AROUND), index + AROUND + 1);
  });
  /** @type {(Line | {skipped: number})[]} */
  const shown = [];
  for (let index = 0; index < found.length;) {
    let next = index;
    while (next < found.length && !near[next]) next++;
    if (next - index > 1) shown.push({ skipped: next - index });
    else if (next > index) shown.push(/** @type {Line} */ (found[index]));
    index = next;
    if (index < found.length) shown.push(/** @type {Line} */ (found[index++]));
  }
  return shown;
}
