// Small parts that the views of a tenant have in common.
import { html, nothing } from "../../core/view.js";
import { act } from "../../core/act.js";
import { tell } from "../../core/message.js";
import { say } from "../../core/texts.js";
import { forget } from "./loaded.js";

/** Something is being asked for. */
export function waiting() {
  return html`<p class="loading" role="status">${say("tenant.waiting")}</p>`;
}

/**
 * Why something cannot be shown, and a way to ask again.
 * @param {Error} error
 * @param {string} [name] under which it was asked for
 */
export function refused(error, name) {
  return html`<div class="notice error" role="alert"><p>${error.message}</p>
    ${name === undefined ? nothing : html`<button type="button" @click=${() => forget(name)}>${say("tenant.again")}</button>`}
  </div>`;
}

/**
 * What was loaded: itself, or that it is on its way, or why not.
 * @template T
 * @param {import("./loaded.js").Loaded<T>} asked
 * @param {string} name
 * @param {(value: T) => unknown} draw
 */
export function drawn(asked, name, draw) {
  if (asked.value === undefined) return asked.error ? refused(asked.error, name) : waiting();
  return html`${asked.error ? refused(asked.error, name) : nothing}${draw(asked.value)}`;
}

/**
 * The button that shows more of a list.
 * @param {(() => Promise<void>) | null} more
 */
export function moreButton(more) {
  if (!more) return nothing;
  return html`<p class="more"><button type="button" @click=${(/** @type {Event} */ event) =>
    act(/** @type {HTMLButtonElement} */ (event.currentTarget), more)}>${say("tenant.more")}</button></p>`;
}

/**
 * A text with a button that copies it.
 * @param {string} text
 * @param {string} label of the button, for those who do not see what is beside it
 */
export function copyable(text, label) {
  return html`<span class="copyable"><code>${text}</code>${copyButton(text, label)}</span>`;
}

/**
 * @param {string} text
 * @param {string} label
 */
export function copyButton(text, label) {
  return html`<button type="button" class="quiet link" aria-label=${label} @click=${(/** @type {Event} */ event) =>
    act(/** @type {HTMLButtonElement} */ (event.currentTarget), async () => {
      await navigator.clipboard.writeText(text);
      tell(say("tenant.copied"));
    })}>${say("tenant.copy")}</button>`;
}

/**
 * The first characters of a commit's id, as Git shows it.
 * @param {string} commit
 */
export function short(commit) {
  return html`<code title=${commit}>${commit.slice(0, 8)}</code>`;
}

/**
 * Gives the browser a text to keep as a file.
 * @param {string} text
 * @param {string} name
 * @param {string} type
 */
export function download(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
