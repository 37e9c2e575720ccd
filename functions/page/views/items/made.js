// After a commit: that the tenant has not changed yet, and the sync that would ask.
import { html, nothing } from "../../core/view.js";
import { act } from "../../core/act.js";
import { openDialog } from "../../core/dialogs.js";
import { go } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { startSync } from "../status/actions.js";
import { forget } from "../tenant/loaded.js";
import { short } from "../tenant/parts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/** What an edit, a restore or a copy cannot be done without saying. */
export function promise() {
  return html`<p class="notice">${say("items.promise")}</p>`;
}

/**
 * Says that a commit stands, what it did, and what has to happen before the tenant changes.
 * @param {Tenant} tenant
 * @param {{commit: string | null, text: string, more?: unknown}} made `commit` null: nothing had to be changed
 */
export function committed(tenant, { commit, text, more }) {
  stale(tenant.id);
  const dialog = openDialog({
    title: () => (commit ? say("items.committed") : say("items.nothingToCommit")),
    body: () => html`<p>${text}${commit ? html` (${short(commit)})` : nothing}</p>${more ?? nothing}
      ${commit ? html`<p>${say("items.promiseDone", { tenant: tenant.displayName })}</p>` : nothing}`,
    actions: () => (commit ? html`<button type="button" class="primary" @click=${(/** @type {Event} */ event) =>
      act(event.currentTarget, async () => {
        const sync = await startSync(tenant);
        dialog.close();
        go({ tenant: tenant.id, sync: sync.id });
      })}>${say("items.startSync")}</button>` : nothing),
  });
}

/**
 * What was read of a repository counts no more.
 * @param {string} tenant
 */
export function stale(tenant) {
  for (const what of ["items", "item", "points", "commits", "differences"]) forget(`${what}/${tenant}`);
}
