// Why a commit is made.
import { html } from "../../core/view.js";
import { say } from "../../core/texts.js";

/**
 * @param {string} value
 * @param {(value: string) => void} set
 */
export function commentField(value, set) {
  return html`<label class="field">${say("items.comment")}<input type="text" maxlength="1000" autocomplete="off" .value=${value}
    @input=${(/** @type {Event} */ event) => set(/** @type {HTMLInputElement} */ (event.target).value)}></label>`;
}
