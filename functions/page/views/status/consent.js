// The window behind "Pending admin consent": the tenant's permissions, and how the missing ones are granted.
import { openDialog } from "../../core/dialogs.js";
import { tenant as current } from "../../core/live.js";
import { say } from "../../core/texts.js";
import { html } from "../../core/view.js";
import { permissionsPanel } from "../permissions/panel.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/** @param {Tenant} tenant */
export function openConsent(tenant) {
  openDialog({
    title: () => say("status.consentTitle", { tenant: tenant.displayName }),
    wide: true,
    body: () => html`<div class="window">${permissionsPanel(current(tenant.id) ?? tenant)}</div>`,
  });
}
