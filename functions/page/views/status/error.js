// The window behind "New error": the error and what to do about it, the summary report, further details.
import { act } from "../../core/act.js";
import { all } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { tenant as current } from "../../core/live.js";
import { href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { language, say } from "../../core/texts.js";
import { duration, when } from "../../core/time.js";
import { html, nothing } from "../../core/view.js";
import { downloads, startSync, syncPath } from "./actions.js";
import { copyButton } from "./copy.js";
import { follow, loaded } from "./loaded.js";
import { summaryReport } from "./report.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {import("../../api.d.ts").SyncError} SyncError */

/**
 * Opens the window about the last error of a tenant.
 * @param {Tenant} tenant
 */
export function openError(tenant) {
  const { id, displayName } = tenant;
  const sync = tenant.lastSync?.error ? tenant.lastSync.id : null;
  const dialog = openDialog({
    title: () => say("status.errorTitle", { tenant: displayName }),
    wide: true,
    body: () => body(current(id) ?? tenant, sync),
    actions: () => actions(current(id) ?? tenant, sync, () => dialog.close()),
  });
}

/**
 * The sync that failed: the last one, or the one before it where a person cancelled the last.
 * @param {Tenant} tenant @param {string | null} named
 * @returns {Sync | undefined}
 */
function failedSync(tenant, named) {
  if (named) return follow(syncPath(tenant.id, named), 30).value;
  const { value } = loaded(`${language()} failed ${tenant.id} ${tenant.statusSince}`, () => all(`/tenants/${tenant.id}/syncs?top=20`));
  return value?.find((/** @type {Sync} */ one) => one.error);
}

/** @param {Tenant} tenant @param {string | null} named */
function body(tenant, named) {
  const sync = failedSync(tenant, named), error = sync?.error ?? tenant.lastSync?.error;
  if (!error) return html`<p class="muted">${say("status.loading")}</p>`;
  return html`<div class="window">
    <section aria-labelledby="error-what"><h3 id="error-what">${say("status.theError")}</h3>${errorNote(error)}</section>
    ${sync ? html`
      <section aria-labelledby="error-report"><h3 id="error-report">${say("status.summaryReport")}</h3>
        ${summaryReport(tenant.id, sync.id)}</section>
      <section aria-labelledby="error-details"><h3 id="error-details">${say("status.details")}</h3>${details(sync, error)}</section>`
    : nothing}
  </div>`;
}

/** What went wrong and what to do. @param {SyncError} error */
export const errorNote = (error) => html`<div class="note bad">
  <p><b>${error.message}</b></p>
  ${error.detail && error.detail !== error.message ? html`<p class="mono">${error.detail}</p>` : nothing}
  ${error.advice ? html`<p>${error.advice}</p>` : nothing}
</div>`;

/** @param {Sync} sync @param {SyncError} error */
const details = (sync, error) => html`<dl class="facts">
  <dt>${say("status.operation")}</dt><dd>${error.operation}</dd>
  <dt>${say("status.code")}</dt><dd><code>${error.code}</code></dd>
  ${error.requestId ? html`<dt>${say("status.requestId")}</dt><dd><code>${error.requestId}</code></dd>` : nothing}
  <dt>${say("status.sync")}</dt><dd><a data-link href=${href({ tenant: sync.tenant, sync: sync.id })}>${sync.id}</a></dd>
  <dt>${say("status.startedBy")}</dt><dd>${starter(sync)}, ${when(sync.startedAt)}</dd>
  ${sync.endedAt ? html`<dt>${say("status.ended")}</dt><dd>${when(sync.endedAt)} (${lasted(sync)})</dd>` : nothing}
  ${sync.comment ? html`<dt>${say("status.comment")}</dt><dd>${sync.comment}</dd>` : nothing}
</dl>`;

/** Who started a sync, in words. @param {Pick<Sync, "startedBy">} sync */
export const starter = ({ startedBy }) =>
  startedBy.kind === "schedule" ? say("status.bySchedule") : startedBy.name;

/** How long a sync took. @param {Pick<Sync, "startedAt" | "endedAt">} sync */
export const lasted = ({ startedAt, endedAt }) =>
  duration((Date.parse(endedAt ?? new Date().toISOString()) - Date.parse(startedAt)) / 1000);

/** @param {Tenant} tenant @param {string | null} named @param {() => void} close */
function actions(tenant, named, close) {
  const sync = failedSync(tenant, named), error = sync?.error ?? tenant.lastSync?.error;
  const again = (/** @type {MouseEvent} */ event) => act(event.currentTarget, async () => {
    await startSync(tenant);
    close();
  });
  return html`
    ${error ? copyButton({ text: error.text, label: say("status.copyError") }) : nothing}
    ${sync ? downloads(tenant.id, sync.id, { ended: !!sync.endedAt }) : nothing}
    ${tenant.activeSync || !may("Operator", tenant.id) ? nothing : html`<button type="button" class="primary" @click=${again}>${say("status.startAgain")}</button>`}`;
}
