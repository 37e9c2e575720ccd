// What people do about a sync from several places: start it, cancel it, take what it left, copy a text.
import { act } from "../../core/act.js";
import { post, save } from "../../core/api.js";
import { confirmed } from "../../core/dialogs.js";
import { tell } from "../../core/message.js";
import { say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {{mode?: string, supersede?: boolean, confirmRemovals?: string[], comment?: string}} StartOptions */

/** @param {string} tenant @param {string} sync */
export const syncPath = (tenant, sync) => `/tenants/${tenant}/syncs/${sync}`;

/**
 * Starts a sync, and says so.
 * @param {{id: string, displayName: string}} tenant
 * @param {StartOptions} [options]
 * @returns {Promise<Sync>}
 */
export async function startSync(tenant, options = {}) {
  const sync = await post(`/tenants/${tenant.id}/syncs`, options);
  tell(say("status.started", { tenant: tenant.displayName }));
  return sync;
}

const WRITING = ["deploying", "tenantApproval"];

/**
 * Asks whether to cancel a sync, saying what will happen, and does.
 * @param {{id: string, displayName: string}} tenant
 * @param {{id: string, stage: string | null}} sync
 * @param {EventTarget | null} button
 */
export async function cancelSync(tenant, sync, button) {
  const writing = WRITING.includes(sync.stage ?? "");
  const sure = await confirmed({
    title: say("status.cancelTitle", { tenant: tenant.displayName }),
    text: say(writing ? "status.cancelWriting" : "status.cancelBefore"),
    action: say("status.cancelSync"),
    danger: true,
  });
  if (!sure) return;
  await act(button, async () => {
    await post(`${syncPath(tenant.id, sync.id)}/cancel`);
    tell(say("status.cancelAsked", { tenant: tenant.displayName }));
  });
}

/** @param {MouseEvent} event @param {() => Promise<void>} run */
const pressed = (event, run) => void act(event.currentTarget, run);

/**
 * Buttons that download what a sync left: the log at any time, report and artifacts once it has ended.
 * @param {string} tenant
 * @param {string} sync
 * @param {{ended: boolean}} state
 */
export function downloads(tenant, sync, { ended }) {
  const logs = () => save(`${syncPath(tenant, sync)}/logs?format=text`, `accord-log-${tenant}-${sync}.txt`);
  const report = () => save(`${syncPath(tenant, sync)}/report?format=html`, `accord-report-${tenant}-${sync}.html`);
  const zip = () => save(`${syncPath(tenant, sync)}/artifacts`, `accord-${tenant}-${sync}.zip`);
  return html`
    ${ended ? html`<button type="button" title=${say("status.reportHint")}
      @click=${(/** @type {MouseEvent} */ event) => pressed(event, report)}>${say("status.report")}</button>` : nothing}
    <button type="button" title=${say("status.logsHint")}
      @click=${(/** @type {MouseEvent} */ event) => pressed(event, logs)}>${say("status.logs")}</button>
    ${ended ? html`<button type="button" title=${say("status.artifactsHint")}
      @click=${(/** @type {MouseEvent} */ event) => pressed(event, zip)}>${say("status.artifacts")}</button>` : nothing}`;
}

/**
 * Copies a text. Where the browser does not let the page, people are told to do it by hand.
 * @param {string} text
 * @returns {Promise<boolean>}
 */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
