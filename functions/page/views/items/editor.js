// A plain text field with line numbers, for JSON and scripts; faults stand at their lines.
import { html, live } from "../../core/view.js";
import { say } from "../../core/texts.js";
import { lineAt, lineOf, places } from "./places.js";

/** @typedef {{path: string, message: string}} Fault as the API names it: `path` is a JSON pointer */
/** @typedef {Fault & {line: number}} Placed */

const MOST_ROWS = 40;

/**
 * @param {{id: string, label: string, text: string, faults?: Placed[], onInput: (text: string) => void}} given
 */
export function editor({ id, label, text, faults = [], onInput }) {
  const lines = text.split("\n").length, wrong = [...new Set(faults.map((one) => one.line))].sort((one, other) => one - other);
  return html`<div class="editor">
    <div class="gutter" aria-hidden="true">${numbers(lines, wrong)}</div>
    <textarea id=${id} aria-label=${label} aria-invalid=${wrong.length ? "true" : "false"} wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off"
      rows=${Math.min(MOST_ROWS, lines + 1)} .value=${live(text)}
      @scroll=${(/** @type {Event} */ event) => follow(/** @type {HTMLTextAreaElement} */ (event.target))}
      @input=${(/** @type {Event} */ event) => onInput(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea></div>`;
}

/**
 * One number a line, those of faults marked: few elements, however long the text is.
 * @param {number} lines
 * @param {number[]} wrong ascending
 */
function numbers(lines, wrong) {
  const parts = [];
  let from = 1;
  for (const line of wrong.filter((one) => one <= lines)) {
    parts.push(counted(from, line - 1), html`<span class="wrong">${line}</span>`);
    from = line + 1;
  }
  return [...parts, counted(from, lines)];
}

/** @param {number} from @param {number} to */
const counted = (from, to) => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => `${from + index}\n`).join("");

/** The numbers move with the lines. @param {HTMLTextAreaElement} area */
function follow(area) {
  const gutter = area.previousElementSibling;
  if (gutter) gutter.scrollTop = area.scrollTop;
}

/**
 * Puts the caret at the beginning of a line.
 * @param {string} id
 * @param {number} line from 1
 */
export function focusLine(id, line) {
  const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById(id));
  if (!area) return;
  const lines = area.value.split("\n"), before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(before, before + (lines[line - 1] ?? "").length);
  area.scrollTop = Math.max(0, (line - 5) * (area.scrollHeight / lines.length));
}

/**
 * A text as JSON, or why it is none; and a way to say at which lines what is wrong stands.
 * @param {string} text
 * @returns {{content: unknown, faults: Placed[], placed: (faults: Fault[]) => Placed[]}}
 */
export function parsed(text) {
  const placed = (/** @type {Fault[]} */ faults) => {
    const found = places(text);
    return faults.map(({ path, message }) => ({ path, message, line: lineOf(found, text, path) }));
  };
  try {
    const content = JSON.parse(text);
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return { content, faults: [], placed };
    return { content, faults: [{ path: "", message: say("items.notObject"), line: 1 }], placed };
  } catch (error) {
    const line = lineOfFault(text, /** @type {Error} */ (error).message);
    return { content: null, faults: [{ path: "", message: say("items.notJson"), line }], placed };
  }
}

/**
 * The line of a fault of form; browsers name it in their own words, or the offset, or nothing at the end of the text.
 * @param {string} text
 * @param {string} message
 */
function lineOfFault(text, message) {
  const line = /line (\d+)/.exec(message)?.[1];
  if (line) return Number(line);
  const offset = /position (\d+)/.exec(message)?.[1];
  return lineAt(text, offset === undefined ? text.trimEnd().length : Number(offset));
}
