import { html } from "../../core/view.js";

/** @param {import("../../api.d.ts").Tenant} tenant */
export const statusCell = (tenant) => html`<span class="badge ${tenant.status}">${tenant.statusLabel}</span>`;
