// The repository without Git: items by type, one item, and differences between any two points or tenants.
import { html } from "../../core/view.js";
import { comparePanel } from "./compare.js";
import { itemPanel } from "./item.js";
import { listPanel } from "./list.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/**
 * @param {Tenant} tenant
 * @param {import("../../core/router.js").Route} route
 * @param {string} stamp
 */
export function itemsPanel(tenant, route, stamp) {
  const moved = `${stamp} ${tenant.activeSync} ${tenant.lastSync?.id}`;
  const item = route.params.get("item");
  if (item) return html`${itemPanel(tenant, route, item, moved)}`;
  if (route.params.get("show") === "compare") return html`${comparePanel(tenant, route, null, moved)}`;
  return html`${listPanel(tenant, route, moved)}`;
}
