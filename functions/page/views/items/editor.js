// A plain text field with line numbers, for JSON; faults stand at their lines.
import { html, live } from "../../core/view.js";
import { say } from "../../core/texts.js";
import { lineAt, lineOf, places } from "./places.js";

/** @typedef {{path: string, message: string}} Fault as the API names it: `path` is a JSON pointer */
/** @typedef {Fault & {line: number}} Placed */

const ID = "item-text", MOST_ROWS = 40;

/**
 * @param {{label: string, text: string, faults: Placed[], onInput: (text: string) => void}} given
 */
export function editor({ label, text, faults, onInput }) {
  const wrong = new Set(faults.map((one) => one.line));
  const lines = text.split("\n").length;
  return html`<div class="editor">
    <div class="gutter" aria-hidden="true">${Array.from({ length: lines }, (_, index) => html`<span class=${wrong.has(index + 1) ? "wrong" : ""}>${index + 1}</span>`)}</div>
    <textarea id=${ID} aria-label=${label} aria-invalid=${wrong.size ? "true" : "false"} wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off"
      rows=${Math.min(MOST_ROWS, lines + 1)} .value=${live(text)}
      @scroll=${(/** @type {Event} */ event) => follow(/** @type {HTMLTextAreaElement} */ (event.target))}
      @input=${(/** @type {Event} */ event) => onInput(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea></div>`;
}

/** The numbers move with the lines. @param {HTMLTextAreaElement} area */
function follow(area) {
  const gutter = area.previousElementSibling;
  if (gutter) gutter.scrollTop = area.scrollTop;
}

/**
 * Puts the caret at the beginning of a line.
 * @param {number} line from 1
 */
export function focusLine(line) {
  const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById(ID));
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
