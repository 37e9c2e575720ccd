// "Partially succeeded": which of its cases it is, what was not done, what to do about each.
import { act } from "../../core/act.js";
import { get } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { tenant as current } from "../../core/live.js";
import { href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { known, language, say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { typeTitle } from "../review/types.js";
import { downloads, startSync, syncPath } from "./actions.js";
import { openConsent } from "./consent.js";
import { follow, loaded } from "./loaded.js";
import { summaryReport } from "./report.js";
import { openSignIn } from "./sign-in.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {import("../../api.d.ts").Report} Report */
/** @typedef {import("../../api.d.ts").IncompleteKey} IncompleteKey */

/** Opens the window about a tenant's last sync, which was partly successful. @param {Tenant} tenant */
export function openPartial(tenant) {
  const { id, displayName, lastSync } = tenant;
  if (!lastSync) return;
  const dialog = openDialog({
    title: () => say("status.partialTitle", { tenant: displayName }),
    wide: true,
    body: () => body(current(id) ?? tenant, lastSync.id, () => dialog.close()),
    actions: () => actions(current(id) ?? tenant, lastSync.id, () => dialog.close()),
  });
}

/** @param {Tenant} tenant @param {string} id @param {() => void} close */
function body(tenant, id, close) {
  const sync = /** @type {Sync | undefined} */ (follow(syncPath(tenant.id, id), 30).value);
  if (!sync) return html`<p class="muted">${say("status.loading")}</p>`;
  return html`<div class="window">
    ${sync.error ? html`<div class="note bad"><p><b>${sync.error.message}</b></p><p>${sync.error.advice}</p></div>` : nothing}
    ${sync.incomplete.map((cause) => scenario(tenant, sync, cause, close))}
    <section aria-labelledby="partial-report"><h3 id="partial-report">${say("status.summaryReport")}</h3>${summaryReport(tenant.id, id)}</section>
    <p><a data-link href=${href({ tenant: tenant.id, sync: id })}>${say("status.openSync")}</a></p>
  </div>`;
}

/** One cause: what it means, what was not done, what to do. */
/** @param {Tenant} tenant @param {Sync} sync @param {IncompleteKey} cause @param {() => void} close */
export function scenario(tenant, sync, cause, close = () => {}) {
  return html`<section class="note" aria-labelledby="cause-${cause}">
    <h3 id="cause-${cause}">${say(`status.case.${cause}`)}</h3>
    <p>${known(`incompleteAdvice.${cause}`) ? say(`incompleteAdvice.${cause}`) : nothing}</p>
    ${undone(sync, cause)}
    ${tenant.activeSync ? nothing : remedy(tenant, sync, cause, close)}
  </section>`;
}

/** What was not done because of it. @param {Sync} sync @param {IncompleteKey} cause */
function undone(sync, cause) {
  if (cause === "deploy") {
    const { failed, stale, skipped } = sync.deploy;
    return html`<p><b>${["failed", "stale", "skipped"].map((name, index) => ({ name, n: [failed, stale, skipped][index] ?? 0 }))
      .filter(({ n }) => n).map(({ name, n }) => say.count(`status.deploy.${name}`, n)).join(" · ")}</b></p>`;
  }
  if (cause === "blocked" || cause === "massRemoval") return nothing;
  const user = cause === "userAuthentication";
  const types = sync.notRead.filter((one) => one.counted && one.reason !== "massRemoval" && (one.reason === "userNotSignedIn") === user);
  if (!types.length) return nothing;
  return html`<ul>${types.map((one) => html`<li>${typeTitle(one.type)}: ${known(`notRead.${one.reason}`) ? say(`notRead.${one.reason}`) : one.reason}</li>`)}</ul>`;
}

/** What people can do about it here. */
/** @param {Tenant} tenant @param {Sync} sync @param {IncompleteKey} cause @param {() => void} close */
function remedy(tenant, sync, cause, close) {
  if (cause === "massRemoval") return removals(tenant, sync, close);
  const consent = sync.notRead.some((one) => one.counted && one.reason === "permissionMissing");
  /** @param {() => void} open */
  const instead = (open) => () => {
    close();
    open();
  };
  return html`<p class="row">
    ${cause === "userAuthentication" && may("Operator", tenant.id) ? html`<button type="button" @click=${instead(() => openSignIn(tenant))}>${say("status.signIn")}</button>` : nothing}
    ${cause === "notRead" && consent ? html`<button type="button" @click=${instead(() => openConsent(tenant))}>${say("status.seePermissions")}</button>` : nothing}
    ${cause === "blocked" ? html`<a data-link href=${href({ tenant: tenant.id, sync: sync.id, view: "review" })}>${say("status.seeBlocked")}</a>` : nothing}
  </p>`;
}

/** The objects that are gone, by type, and a start that lets them go. */
/** @param {Tenant} tenant @param {Sync} sync @param {() => void} close */
function removals(tenant, sync, close) {
  const path = `${syncPath(tenant.id, sync.id)}/report?format=json`;
  const report = /** @type {Report | undefined} */ (loaded(`${language()} ${path}`, () => get(path)).value);
  const held = report?.notRead.filter((one) => one.reason === "massRemoval") ?? [];
  const confirm = (/** @type {MouseEvent} */ event) => act(event.currentTarget, async () => {
    await startSync(tenant, { confirmRemovals: held.map((one) => one.type) });
    close();
  });
  if (!held.length) return nothing;
  return html`${held.map((one) => html`<details><summary>${typeTitle(one.type)}: ${say.count("status.gone", one.names?.length ?? 0)}</summary>
      <ul>${one.names?.map((name) => html`<li>${name}</li>`)}</ul></details>`)}
    ${may("Operator", tenant.id) ? html`<p><button type="button" class="danger" @click=${confirm}>${say("status.confirmRemovals")}</button>
      <small>${say("status.confirmRemovalsHint")}</small></p>` : nothing}`;
}

/** @param {Tenant} tenant @param {string} id @param {() => void} close */
function actions(tenant, id, close) {
  const again = (/** @type {MouseEvent} */ event) => act(event.currentTarget, async () => {
    await startSync(tenant);
    close();
  });
  return html`${downloads(tenant.id, id, { ended: true })}
    ${tenant.activeSync || !may("Operator", tenant.id) ? nothing : html`<button type="button" class="primary" @click=${again}>${say("status.startAgain")}</button>`}`;
}
