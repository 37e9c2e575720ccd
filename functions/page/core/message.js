// What the page tells people: said by screen readers, and shown for a while where everybody sees it.
import { Refusal } from "./api.js";
import { redraw } from "./state.js";
import { say } from "./texts.js";
import { html, nothing, repeat } from "./view.js";

const SHOWN_FOR = { status: 6_000, error: 20_000 };

/** @typedef {{id: number, text: string, kind: "status" | "error"}} Message */

/** @type {Message[]} */
let shown = [];
let last = 0;
/** @type {string} */
let spoken = "";

/**
 * Shows a message, and says it.
 * @param {string} text
 * @param {"status" | "error"} [kind] errors are said at once
 */
export function tell(text, kind = "status") {
  const one = { id: ++last, text, kind };
  shown = [...shown.filter((other) => other.text !== text), one].slice(-4);
  setTimeout(() => dismiss(one), SHOWN_FOR[kind]);
  redraw();
}

/** Says it to screen readers only, when they have nothing else to say. @param {string} text */
export function announce(text) {
  spoken = text;
  redraw();
}

/** @param {Message} one */
function dismiss(one) {
  shown = shown.filter((other) => other.id !== one.id);
  redraw();
}

/** Says what went wrong; what was given up on purpose is nothing to say. @param {unknown} error */
export function failed(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  tell(described(error), "error");
}

/** What went wrong, as a sentence for people. @param {unknown} error */
export function described(error) {
  if (error instanceof Refusal && error.status === 0) return say("core.unreachable");
  if (error instanceof Refusal) {
    const faults = error.errors.map((one) => `${one.field}: ${one.detail}`);
    return [error.message, ...faults].join(" ");
  }
  return say("core.unexpected", { reason: error instanceof Error ? error.message : String(error) });
}

/** @param {Message} one */
const toast = (one) => html`<div class="toast ${one.kind}">
  <p>${one.text}</p>
  <button type="button" class="quiet icon" aria-label=${say("core.dismiss")} @click=${() => dismiss(one)}>✕</button>
</div>`;

/** @param {Message["kind"]} kind */
const toasts = (kind) => repeat(shown.filter((one) => one.kind === kind), (one) => one.id, toast);

/**
 * The place where messages appear; it stands in the page, and in each window, from the start, as live regions must.
 * @param {boolean} inSight whether nothing lies over this place: only there are messages shown and said
 */
export const messages = (inSight) => html`<div class="toasts">
    <div role="alert">${inSight ? toasts("error") : nothing}</div>
    <div role="status">${inSight ? toasts("status") : nothing}</div>
  </div>
  <div class="unseen" role="status">${(inSight && spoken) || nothing}</div>`;
