// One sync: how it stands or how it ended, who decided, what became of each change, its report, log and artifacts.
import { tenant as current } from "../../core/live.js";
import { described } from "../../core/message.js";
import { href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { number, say } from "../../core/texts.js";
import { countdown, when } from "../../core/time.js";
import { html, nothing } from "../../core/view.js";
import { cancelSync, downloads, syncPath } from "../status/actions.js";
import { copyButton } from "../status/copy.js";
import { decisionText } from "../status/decision.js";
import { errorNote, lasted, starter } from "../status/error.js";
import { follow } from "../status/loaded.js";
import { scenario } from "../status/partial.js";
import { progressBar, stageText } from "../status/progress.js";
import { summaryReport } from "../status/report.js";
import { openPendingSignIn } from "../status/sign-in.js";
import { logTail } from "./log.js";

/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../core/router.js").Route} Route */
/** @typedef {{id: string, displayName: string}} Named */

/** @param {Route} route */
export function syncView(route) {
  const id = route.tenant ?? "", tenant = current(id) ?? { id, displayName: id };
  const { value, error } = follow(syncPath(id, route.sync ?? ""));
  const sync = /** @type {Sync | undefined} */ (value);
  return html`<article class="sync">
    <nav class="crumbs" aria-label=${say("review.crumbs")}><a data-link href="/">${say("review.tenants")}</a> ›
      <a data-link href=${href({ tenant: id })}>${tenant.displayName}</a></nav>
    <h1>${say("sync.title", { tenant: tenant.displayName })}</h1>
    ${error ? html`<p class="note bad" role="alert">${described(error)}</p>` : !sync ? html`<p class="muted">${say("status.loading")}</p>` : content(tenant, sync)}
  </article>`;
}

/** @param {Named} tenant @param {Sync} sync */
function content(tenant, sync) {
  return html`<div class="columns">
    <section class="card" aria-label=${say("sync.standing")}>${standing(tenant, sync)}</section>
    <section class="card" aria-label=${say("status.details")}>${details(sync)}</section>
  </div>
  ${sync.error ? html`<section class="card" aria-labelledby="sync-error"><h2 id="sync-error">${say("status.theError")}</h2>${errorNote(sync.error)}
    <p class="row">${copyButton({ text: sync.error.text, label: say("status.copyError") })}</p></section>` : nothing}
  ${sync.incomplete.length && sync.endedAt ? html`<section class="card" aria-labelledby="sync-incomplete"><h2 id="sync-incomplete">${say("sync.incomplete")}</h2>
    ${sync.incomplete.map((cause) => scenario(asTenant(tenant), sync, cause))}</section>` : nothing}
  ${sync.endedAt ? html`<section class="card" aria-labelledby="sync-report"><h2 id="sync-report">${say("status.summaryReport")}</h2>${summaryReport(sync.tenant, sync.id, 3)}</section>` : nothing}
  ${logTail(sync)}`;
}

/** @param {Named} tenant @returns {Tenant} */
const asTenant = (tenant) => current(tenant.id) ?? /** @type {Tenant} */ ({ ...tenant, activeSync: null });

const OUTCOMES = /** @type {Record<string, string>} */ ({ succeeded: "good", failed: "bad", partiallySucceeded: "warn", cancelled: "", rejected: "", reverted: "", expired: "" });

/** How it stands, with what can be done now. @param {Named} tenant @param {Sync} sync */
function standing(tenant, sync) {
  const { outcome, cause } = sync;
  return html`
    ${outcome ? html`<p class="outcome"><span class="badge ${OUTCOMES[outcome] ?? ""}">${say(`outcome.${outcome}`)}</span>${cause ? html` ${say(`cause.${cause}`)}` : nothing}</p>`
    : html`<p class="outcome" role="status"><span class="badge ${sync.status}">${say(`status.${sync.status}`)}</span> ${stageText(sync)}</p><p>${progressBar(sync)}</p>`}
    ${sync.status === "pendingApproval" && !sync.decision ? html`<p>${say("sync.waitsForDecision")}${sync.plan?.expiresAt ? html` ${say("review.expires")} ${when(sync.plan.expiresAt)}` : nothing}</p>` : nothing}
    ${sync.authentication ? html`<p>${say("status.timeLeft")} ${countdown(sync.authentication.expiresAt)}</p>` : nothing}
    ${sync.stage === "tenantApproval" ? html`<p>${say("sync.tenantApproval")}</p>` : nothing}
    <p class="row">
      ${sync.plan ? html`<a class="button ${sync.status === "pendingApproval" && !sync.decision ? "primary" : ""}" data-link href=${href({ tenant: sync.tenant, sync: sync.id, view: "review" })}>${say(sync.status === "pendingApproval" && !sync.decision ? "status.openReview" : "sync.seeChanges")}</a>` : nothing}
      ${sync.status === "pendingAuthentication" && !sync.endedAt ? html`<button type="button" class="primary" @click=${() => openPendingSignIn(asTenant(tenant))}>${say("status.signIn")}</button>` : nothing}
      ${downloads(sync.tenant, sync.id, { ended: !!sync.endedAt })}
      ${sync.endedAt || !may("Operator", sync.tenant) ? nothing : html`<button type="button" @click=${(/** @type {MouseEvent} */ event) => cancelSync(tenant, sync, event.currentTarget)}>${say("status.cancelSync")}</button>`}
    </p>
    ${counts(sync)}`;
}

/** What it found and did, in numbers. @param {Sync} sync */
function counts({ drift, plan, deploy }) {
  /** @param {string} name @param {[string, number][]} given */
  const line = (name, given) => html`<dt>${say(`status.${name}`)}</dt>
    <dd>${given.map(([key, n], index) => html`${index ? " · " : nothing}<span class=${n ? "" : "muted"}>${say(`status.count.${key}`)} <b>${number(n)}</b></span>`)}</dd>`;
  const deployed = deploy.applied + deploy.failed + deploy.stale + deploy.skipped;
  return html`<dl class="facts">
    ${line("adopted", [["added", drift.added], ["changed", drift.changed], ["removed", drift.removed]])}
    ${plan ? line("proposed", [["changes", plan.changes], ["deletions", plan.deletions], ["conflicts", plan.conflicts], ["blocked", plan.blocked]]) : nothing}
    ${deployed ? line("deployed", [["applied", deploy.applied], ["failed", deploy.failed], ["stale", deploy.stale], ["skipped", deploy.skipped]]) : nothing}
  </dl>`;
}

/** @param {Sync} sync */
const details = (sync) => html`<dl class="facts">
  <dt>${say("status.sync")}</dt><dd><code>${sync.id}</code></dd>
  <dt>${say("status.startedBy")}</dt><dd>${starter(sync)}, ${when(sync.startedAt)}</dd>
  ${sync.endedAt ? html`<dt>${say("status.ended")}</dt><dd>${when(sync.endedAt)} (${lasted(sync)})</dd>` : nothing}
  <dt>${say("sync.mode")}</dt><dd>${say(`sync.modes.${sync.mode}`)}</dd>
  ${sync.comment ? html`<dt>${say("status.comment")}</dt><dd>${sync.comment}</dd>` : nothing}
  ${sync.decision ? html`<dt>${say("review.decision")}</dt><dd>${decisionText(sync.decision)}
    ${sync.decision.changes ? html`<br><small>${say.count("sync.ofChanges", sync.decision.changes.length)}</small>` : nothing}</dd>` : nothing}
  ${sync.plan ? html`<dt>${say("review.digest")}</dt><dd><code class="digest">${sync.plan.digest}</code></dd>` : nothing}
  ${sync.drift.commit ? html`<dt>${say("sync.commit")}</dt><dd><code>${sync.drift.commit.slice(0, 12)}</code></dd>` : nothing}
  <dt>${say("sync.items")}</dt><dd>${number(sync.progress.items)} · ${say("status.typesDone", { done: sync.progress.typesDone, total: sync.progress.typesTotal })}</dd>
</dl>`;
