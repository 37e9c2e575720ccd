// Created, changed and deleted at a glance, which also filter; search; choosing and opening many at once.
import { say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { byType, marked } from "./state.js";
import { typeTitle } from "./types.js";

/** @typedef {import("./state.js").Review} Review */
/** @typedef {import("./state.js").Mark} Mark */

const MARKS = /** @type {const} */ (["create", "update", "delete", "conflict", "blocked"]);

/** @param {Review} review @param {boolean} deciding */
export function toolbar(review, deciding) {
  const types = [...byType(review.changes).keys()], shown = review.shown();
  const search = (/** @type {Event} */ event) => {
    review.search = /** @type {HTMLInputElement} */ (event.target).value;
    review.touch();
  };
  const pick = (/** @type {Event} */ event) => {
    review.type = /** @type {HTMLSelectElement} */ (event.target).value;
    review.touch();
  };
  return html`<div class="glance" role="group" aria-label=${say("review.filter")}>${chip(review, null, review.changes.length)}${MARKS.map((mark) => chip(review, mark, review.changes.filter((one) => marked(one, mark)).length))}</div>
    <div class="toolbar">
      <input type="search" aria-label=${say("review.search")} placeholder=${say("review.search")} .value=${review.search} @input=${search}>
      ${types.length > 1 ? html`<select aria-label=${say("review.ofType")} @change=${pick}>
        <option value="" ?selected=${!review.type}>${say("review.allTypes")}</option>
        ${types.map((type) => html`<option value=${type} ?selected=${review.type === type}>${typeTitle(type)}</option>`)}</select>` : nothing}
      <span class="grow"></span>
      ${deciding ? html`<button type="button" @click=${() => choose(review, true)}>${say(review.filtered ? "review.chooseShown" : "review.chooseAll")}</button>
        <button type="button" @click=${() => choose(review, false)}>${say(review.filtered ? "review.leaveShown" : "review.chooseNone")}</button>` : nothing}
      <button type="button" @click=${() => openAll(review)}>${say(allOpen(review) ? "review.closeAll" : "review.openAll")}</button>
    </div>
    <p class="unseen" role="status">${review.filtered ? say.count("review.found", shown.length) : nothing}</p>`;
}

/** @param {Review} review @param {Mark | null} mark @param {number} n */
function chip(review, mark, n) {
  if (mark !== null && !n) return nothing;
  const choose = () => {
    review.mark = review.mark === mark ? null : mark;
    review.touch();
  };
  return html`<button type="button" class="mark-chip ${mark ?? "all"}" aria-pressed=${review.mark === mark} @click=${choose}>${say.count(`review.mark.${mark ?? "all"}`, n)}</button>`;
}

/** @param {Review} review @param {boolean} wanted */
function choose(review, wanted) {
  const ids = review.shown().map((one) => one.id);
  if (wanted) review.choice.add(ids);
  else review.choice.remove(ids);
  review.note = "";
  review.touch();
}

/** Opening a thousand at once helps nobody: then their types are opened. */
const MANY = 100;

/** @param {Review} review */
function allOpen(review) {
  const shown = review.shown();
  return shown.length > MANY
    ? shown.every((one) => review.openTypes.has(one.type))
    : shown.every((one) => review.openTypes.has(one.type) && review.open.has(one.id));
}

/** @param {Review} review */
function openAll(review) {
  const shown = review.shown(), close = allOpen(review);
  for (const one of shown) {
    if (close) {
      review.open.delete(one.id);
      if (shown.length > MANY) review.openTypes.delete(one.type);
    } else {
      review.openTypes.add(one.type);
      if (shown.length <= MANY) review.open.add(one.id);
    }
  }
  review.touch();
}
