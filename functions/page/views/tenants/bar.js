// Above the table: how many tenants have which status, the search, the columns; and what is done with those selected.
import { go, route } from "../../core/router.js";
import { may } from "../../core/session.js";
import { number, say } from "../../core/texts.js";
import { html, live, nothing } from "../../core/view.js";
import { redraw } from "../../core/state.js";
import { COLUMNS, columns, showColumn } from "./columns.js";
import { canDecide, openDecisions } from "./decide.js";
import { STATUSES, counts, statusName, wanted } from "./order.js";
import { openRegister } from "./register.js";
import { clearSelection, selected } from "./selection.js";
import { openStart } from "./start.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").StatusKey} StatusKey */

/** Goes on with the address changed in these. @param {Record<string, string | null>} changes @param {boolean} [replace] */
export function narrow(changes, replace = false) {
  go({ ...Object.fromEntries(route().params), ...changes }, { replace });
}

/** @param {StatusKey} status */
function toggle(status) {
  const { status: now } = wanted(route().params);
  narrow({ status: (now.includes(status) ? now.filter((one) => one !== status) : [...now, status]).join() });
}

/** @param {Tenant[]} tenants */
export function chips(tenants) {
  const many = counts(tenants), { status: now } = wanted(route().params);
  const shown = STATUSES.filter((one) => many.has(one) || now.includes(one));
  return html`<div class="chips" role="group" aria-label=${say("tenants.filter")}>
    <button type="button" class="chip" aria-pressed=${now.length === 0} @click=${() => narrow({ status: null })}>
      ${say("tenants.all")} <b>${number(tenants.length)}</b></button>
    ${shown.map((one) => html`<button type="button" class="chip ${one}" aria-pressed=${now.includes(one)} @click=${() => toggle(one)}>
      <i aria-hidden="true"></i>${statusName(one)} <b>${number(many.get(one) ?? 0)}</b></button>`)}
  </div>`;
}

/** @param {Event} event */
const search = (event) => narrow({ search: /** @type {HTMLInputElement} */ (event.currentTarget).value }, true);

/** @param {number} shown @param {number} all */
export const tools = (shown, all) => html`<div class="toolbar">
  <input type="search" class="search" placeholder=${say("tenants.search")} aria-label=${say("tenants.search")} aria-keyshortcuts="/"
    .value=${live(wanted(route().params).search)} @input=${search}>
  <span class="muted" role="status">${shown === all ? say.count("tenants.many", all) : say.count("tenants.shown", shown, { all })}</span>
  <span class="grow"></span>
  <details class="choose-columns"><summary class="button">${say("tenants.columns")}</summary>
    <fieldset class="panel"><legend class="unseen">${say("tenants.columns")}</legend>${COLUMNS.map((one) => html`<label class="choice">
      <input type="checkbox" .checked=${live(columns().includes(one))} @change=${(/** @type {Event} */ event) => {
        showColumn(one.key, /** @type {HTMLInputElement} */ (event.currentTarget).checked);
        narrow({ columns: null }, true);
        redraw();
      }}>${one.name()}</label>`)}</fieldset></details>
  ${may("Administrator") ? html`<button type="button" class="primary" @click=${openRegister}>${say("tenants.register")}</button>` : nothing}
</div>`;

/** What is done with the tenants selected; those that a filter hides are counted too, and that is said. @param {Tenant[]} shown */
export function bulkBar(shown) {
  const chosen = selected();
  if (!chosen.length) return nothing;
  const inSight = new Set(shown.map((one) => one.id));
  const hidden = chosen.filter((one) => !inSight.has(one.id)).length;
  const decidable = canDecide(chosen) && may("Approver"), operator = may("Operator");
  return html`<section class="bulk" aria-label=${say("tenants.bulk")}>
    <strong role="status">${say.count("tenants.selected", chosen.length)}${hidden ? html` <small>${say.count("tenants.hidden", hidden)}</small>` : nothing}</strong>
    <button type="button" ?disabled=${!operator} @click=${() => openStart(chosen)}>${say("tenants.sync")}</button>
    <button type="button" ?disabled=${!operator} @click=${() => openStart(chosen, "backupOnly")}>${say("tenants.backUp")}</button>
    <button type="button" ?disabled=${!decidable} @click=${() => openDecisions(chosen, "approve")}>${say("tenants.approve")}</button>
    <button type="button" ?disabled=${!decidable} @click=${() => openDecisions(chosen, "rejectAndRevert")}>${say("tenants.revert")}</button>
    <span class="grow"></span>
    <button type="button" class="quiet" @click=${clearSelection}>${say("tenants.clear")}</button>
  </section>`;
}

/** The choice of columns closes when people go on elsewhere, or by Escape. @param {Event} event */
function closeColumns(event) {
  const open = document.querySelector(".choose-columns[open]");
  if (!open || (event instanceof KeyboardEvent ? event.key !== "Escape" : event.target instanceof Node && open.contains(event.target))) return;
  open.removeAttribute("open");
  if (event instanceof KeyboardEvent) open.querySelector("summary")?.focus();
}
addEventListener("pointerdown", closeColumns);
addEventListener("keydown", closeColumns);

/** The key that leads to the search, as elsewhere on the web. */
addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, dialog, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector(".search");
  if (!(field instanceof HTMLInputElement)) return;
  event.preventDefault();
  field.focus();
});
