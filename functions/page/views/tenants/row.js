// One tenant's row. Rows are remembered as long as nothing they show has changed, so that a change of one tenant
// draws one row of a thousand.
import { openDialog } from "../../core/dialogs.js";
import { go, href } from "../../core/router.js";
import { may, reader } from "../../core/session.js";
import { redraw } from "../../core/state.js";
import { language, say } from "../../core/texts.js";
import { guard, html, live, nothing } from "../../core/view.js";
import { downloads } from "../status/actions.js";
import { statusCell } from "../status/cell.js";
import { menuButton } from "../status/menu.js";
import { isSelected } from "./selection.js";
import { canStart, openStart, startNow } from "./start.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("./columns.js").Column} Column */

/** The one row whose menu is filled: the one that is pointed at, or has the focus. @type {string | null} */
let pointed = null;

/** @param {Event} event */
export function point(event) {
  const row = event.target instanceof Element ? event.target.closest("tr[data-tenant]") : null;
  const id = row instanceof HTMLElement ? (row.dataset.tenant ?? null) : null;
  if (id === null || id === pointed || document.querySelector(".tenants [role=menu]:popover-open")) return;
  pointed = id;
  redraw();
}

/**
 * @param {Tenant} tenant
 * @param {Column[]} columns
 * @param {(event: Event) => void} onSelect
 */
export function row(tenant, columns, onSelect) {
  const filled = pointed === tenant.id;
  const rest = () => drawn(tenant, columns, filled);
  // What an active sync does is followed by the status cell itself.
  return html`<td role="cell" class="col-select"><input type="checkbox" .checked=${live(isSelected(tenant.id))} value=${tenant.id}
      @click=${onSelect} aria-label=${say("tenants.select", { tenant: tenant.displayName })}></td>
    ${tenant.activeSync ? rest() : guard([tenant, columns, filled, language(), reader()], rest)}`;
}

/** @param {Tenant} tenant @param {Column[]} columns @param {boolean} filled */
const drawn = (tenant, columns, filled) => html`
  <th role="rowheader" scope="row" class="col-name"><a data-link href=${href({ tenant: tenant.id })}>${tenant.displayName}</a>
    ${tenant.displayName === tenant.id ? nothing : html`<small>${tenant.id}</small>`}</th>
  <td role="cell" class="col-status" data-label=${say("tenants.status")}>${statusCell(tenant)}</td>
  ${columns.map((one) => html`<td role="cell" class="col-${one.key} ${one.numeric ? "numeric" : ""}" data-label=${one.name()}>${one.cell(tenant)}</td>`)}
  <td role="cell" class="col-deeds">
    ${tenant.activeSync || !may("Operator", tenant.id) ? nothing : html`<button type="button" class="quiet small start"
      aria-label=${say("tenants.startOf", { tenant: tenant.displayName })}
      @click=${(/** @type {Event} */ event) => startNow(tenant, event.currentTarget)}>${say("tenants.start")}</button>`}
    ${menuButton({
      id: `menu-${tenant.id}`,
      face: html`<span aria-hidden="true">⋯</span>`,
      look: "quiet icon",
      name: say("tenants.menuOf", { tenant: tenant.displayName }),
      items: filled ? items(tenant) : [],
    })}
  </td>`;

/** @param {Tenant} tenant */
function items(tenant) {
  const to = (/** @type {string} */ tab) => () => go({ tenant: tenant.id, tab });
  const last = tenant.lastSync;
  return [
    ...(tenant.activeSync ? [{ label: say("tenants.openSync"), run: () => go({ tenant: tenant.id, sync: tenant.activeSync }) }] : []),
    ...(canStart(tenant) && may("Operator", tenant.id) ? [{ label: say("tenants.startWith"), hint: say("tenants.startWithText"), run: () => openStart([tenant]) }] : []),
    ...(last ? [{ label: say("tenants.lastReport"), hint: say("tenants.lastReportText"), run: () => openLast(tenant, last.id) }] : []),
    { label: say("tenants.history"), run: to("history") },
    { label: say("tenants.items"), run: to("items") },
    { label: say("tenants.permissionsOf"), run: to("permissions") },
    { label: say("tenants.settings"), hint: say("tenants.settingsText"), run: to("settings") },
  ];
}

/** @param {Tenant} tenant @param {string} sync */
function openLast(tenant, sync) {
  openDialog({
    title: () => say("tenants.lastOf", { tenant: tenant.displayName }),
    body: () => html`<p>${say("tenants.lastText")}</p><div class="row">${downloads(tenant.id, sync, { ended: true })}
      <a class="button" data-link href=${href({ tenant: tenant.id, sync })}>${say("tenants.openSync")}</a></div>`,
  });
}
