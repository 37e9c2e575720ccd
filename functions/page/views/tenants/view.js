// The table of tenants: everything that goes on, at a glance, for one tenant or a thousand.
import { ready, tenants } from "../../core/live.js";
import { may } from "../../core/session.js";
import { redraw } from "../../core/state.js";
import { language, say } from "../../core/texts.js";
import { html, live, nothing, repeat } from "../../core/view.js";
import { bulkBar, chips, narrow, tools } from "./bar.js";
import { columns } from "./columns.js";
import { found, wanted } from "./order.js";
import { openRegister } from "./register.js";
import { point, row } from "./row.js";
import { isSelected, select, selectAll } from "./selection.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../core/router.js").Route} Route */

/** Rows drawn at once; the others follow while the browser has nothing else to do. */
const AT_ONCE = 60, MORE = 120;

/** @type {{of: Tenant[], by: string, found: Tenant[]}} */
let last = { of: [], by: "", found: [] };
let drawn = AT_ONCE;
let growing = false;

/** The tenants that the address asks for, worked out once for each list. @param {Route} route */
function shown(route) {
  const all = tenants(), by = `${language()} ${route.params}`;
  if (last.by !== by) drawn = AT_ONCE;
  if (last.of !== all || last.by !== by) last = { of: all, by, found: found(all, wanted(route.params)) };
  return last.found;
}

/** @param {number} many */
function grow(many) {
  if (growing || drawn >= many) return;
  growing = true;
  const idle = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 50));
  idle(() => {
    growing = false;
    drawn += MORE;
    redraw();
  });
}

/** @param {Route} route */
export function tenantsView(route) {
  const all = tenants();
  if (!ready()) return html`<h1>${say("tenants.title")}</h1><p class="empty" role="status">${say("core.loading")}</p>`;
  if (!all.length) return may("Administrator") ? empty() : none();
  const rows = shown(route);
  return html`<h1>${say("tenants.title")}</h1>
    ${chips(all)}
    ${tools(rows.length, all.length)}
    ${bulkBar(rows)}
    ${rows.length ? table(route, rows) : nobody()}`;
}

/** @param {Route} route @param {Tenant[]} rows */
function table(route, rows) {
  const cols = columns();
  grow(rows.length);
  /** @param {Event} event */
  const onSelect = (event) => {
    const { value, checked } = /** @type {HTMLInputElement} */ (event.currentTarget);
    select(last.found, value, checked, event instanceof MouseEvent && event.shiftKey);
  };
  return html`<table role="table" class="table tenants" @pointerover=${point} @focusin=${point}>
    <caption class="unseen">${say("tenants.title")}</caption>
    <thead role="rowgroup"><tr role="row">
      <td role="cell" class="col-select">${allBox(rows)}</td>
      ${sortable(route, "name", say("tenants.name"))}
      ${sortable(route, "status", say("tenants.status"))}
      ${cols.map((one) => sortable(route, one.key, one.name(), one.numeric))}
      <td role="cell" class="col-deeds"><span class="unseen">${say("tenants.deeds")}</span></td>
    </tr></thead>
    <tbody role="rowgroup">${repeat(rows.slice(0, drawn), (one) => one.id, (one) => html`<tr role="row" data-tenant=${one.id}
      class=${isSelected(one.id) ? "chosen" : ""}>${row(one, cols, onSelect)}</tr>`)}</tbody>
  </table>`;
}

/** @param {Tenant[]} rows */
function allBox(rows) {
  const many = rows.filter((one) => isSelected(one.id)).length;
  return html`<input type="checkbox" .checked=${live(many === rows.length)} .indeterminate=${live(many > 0 && many < rows.length)}
    aria-label=${say.count("tenants.selectAll", rows.length)} @change=${(/** @type {Event} */ event) =>
      selectAll(rows, /** @type {HTMLInputElement} */ (event.currentTarget).checked)}>`;
}

/** @param {Route} route @param {string} key @param {string} name @param {boolean} [numeric] */
function sortable(route, key, name, numeric = false) {
  const { sort, down } = wanted(route.params), on = sort === key;
  const next = on && !down ? `-${key}` : key;
  return html`<th role="columnheader" scope="col" class="col-${key} ${numeric ? "numeric" : ""}" aria-sort=${on ? (down ? "descending" : "ascending") : "none"}>
    <button type="button" class="quiet sort" @click=${() => narrow({ sort: next === "name" ? null : next })}>${name}<span aria-hidden="true">${on ? (down ? " ↓" : " ↑") : nothing}</span></button></th>`;
}

const nobody = () => html`<div class="empty"><p>${say("tenants.nobody")}</p>
  <button type="button" @click=${() => narrow({ status: null, search: null })}>${say("tenants.showAll")}</button></div>`;

/** Nothing that this reader may see: an administrator registers tenants, and says who may read which. */
const none = () => html`<h1>${say("tenants.title")}</h1><p class="empty">${say("tenants.noneForYou")}</p>`;

/** Nobody is registered yet: what to do first. */
const empty = () => html`<div class="card welcome">
  <h1>${say("tenants.welcome")}</h1>
  <p>${say("tenants.welcomeText")}</p>
  <ol>
    <li>${say("tenants.first")}</li>
    <li>${say("tenants.second")}</li>
    <li>${say("tenants.third")}</li>
  </ol>
  <button type="button" class="primary" @click=${openRegister}>${say("tenants.register")}</button>
</div>`;
