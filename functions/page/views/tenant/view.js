// One tenant: who it is, how it stands, and everything that can be looked up or decided about it.
import { html, ifDefined } from "../../core/view.js";
import { get } from "../../core/api.js";
import { tenant as followed } from "../../core/live.js";
import { href } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { itemsPanel } from "../items/view.js";
import { permissionsPanel } from "../permissions/panel.js";
import { auditPanel } from "./audit.js";
import { heading } from "./heading.js";
import { historyPanel } from "./history.js";
import { loaded, visit } from "./loaded.js";
import { refused, waiting } from "./parts.js";
import { repositoryPanel } from "./repository.js";
import { settingsPanel } from "./settings.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../core/router.js").Route} Route */
/** @typedef {{name: () => string, panel: (tenant: Tenant, route: Route, stamp: string) => unknown}} Tab */

/** @type {Record<string, Tab>} */
const TABS = {
  history: { name: () => say("tenant.tabHistory"), panel: historyPanel },
  items: { name: () => say("tenant.tabItems"), panel: itemsPanel },
  settings: { name: () => say("tenant.tabSettings"), panel: settingsPanel },
  permissions: { name: () => say("tenant.tabPermissions"), panel: permissions },
  repository: { name: () => say("tenant.tabRepository"), panel: repositoryPanel },
  audit: { name: () => say("tenant.tabAudit"), panel: auditPanel },
};

/** The panel stands in a window too, under its heading. @param {Tenant} tenant */
function permissions(tenant) {
  return html`<h2 class="unseen">${say("tenant.tabPermissions")}</h2>${permissionsPanel(tenant)}`;
}

/**
 * The view of `?tenant=…&tab=…`.
 * @param {Route} route
 */
export function tenantView(route) {
  const id = /** @type {string} */ (route.tenant);
  const stamp = visit(`${id} ${route.params}`);
  const tenant = followed(id);
  if (!tenant) {
    const asked = loaded(`tenant/${id}`, () => get(`/tenants/${id}`), stamp);
    return html`<div class="tenant">${asked.error ? refused(asked.error) : waiting()}</div>`;
  }
  const chosen = Object.hasOwn(TABS, route.tab ?? "") ? /** @type {string} */ (route.tab) : "history";
  return html`<div class="tenant">
    ${heading(tenant)}
    <nav class="tabs" aria-label=${say("tenant.tabs")}>
      ${Object.entries(TABS).map(([key, tab]) => html`<a data-link href=${href({ tenant: id, tab: key })}
        aria-current=${ifDefined(key === chosen ? "page" : undefined)}>${tab.name()}</a>`)}
    </nav>
    <section class="tenant-panel" aria-label=${TABS[chosen].name()}>
      <h2 class="unseen">${TABS[chosen].name()}</h2>${TABS[chosen].panel(tenant, route, stamp)}</section>
  </div>`;
}
