// A button that copies a text and says that it did, in its own place: a message elsewhere would lie behind a window.
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { copied } from "./actions.js";

const SHOWN = 4000;
/** @type {Map<string, "done" | "failed">} what became of copying a text, for a while */
const told = new Map();

/**
 * @param {object} what
 * @param {string} what.text copied
 * @param {string} what.label the button's name
 * @param {string} [what.look] its classes
 */
export function copyButton({ text, label, look = "" }) {
  const state = told.get(text);
  const words = state === "done" ? say("status.copied") : state === "failed" ? say("status.notCopied") : "";
  return html`<button type="button" class=${look} @click=${() => copy(text)}>${label}</button>
    <span class="told ${state ?? ""}" role="status">${words ? html`${state === "done" ? "✓ " : nothing}${words}` : nothing}</span>`;
}

/** @param {string} text */
async function copy(text) {
  told.delete(text);
  told.set(text, (await copied(text)) ? "done" : "failed");
  redraw();
  setTimeout(() => {
    told.delete(text);
    redraw();
  }, SHOWN);
}
