// The review of proposed changes: what would be written to the tenant, and the decision about it.
import { tenant as current } from "../../core/live.js";
import { described, tell } from "../../core/message.js";
import { go, href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { language, number, say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { guard, html, nothing } from "../../core/view.js";
import { syncPath } from "../status/actions.js";
import { decisionText, openDecision } from "../status/decision.js";
import { starter } from "../status/error.js";
import { follow } from "../status/loaded.js";
import { progressBar, stageText } from "../status/progress.js";
import { grouped } from "./changes.js";
import { arrivedSince, planAgain } from "./since.js";
import { reviewOf } from "./state.js";
import { toolbar } from "./toolbar.js";
import { typeTitle } from "./types.js";

/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {import("../../api.d.ts").DecisionKey} DecisionKey */
/** @typedef {import("../../core/router.js").Route} Route */
/** @typedef {import("./state.js").Review} Review */
/** @typedef {{id: string, displayName: string}} Named */

/** @param {Route} route */
export function reviewView(route) {
  const id = route.tenant ?? "", tenant = current(id) ?? { id, displayName: id };
  const { value, error } = follow(syncPath(id, route.sync ?? ""));
  const sync = /** @type {Sync | undefined} */ (value);
  if (sync) moveOn(sync);
  return html`<article class="review">
    <nav class="crumbs" aria-label=${say("review.crumbs")}><a data-link href="/">${say("review.tenants")}</a> ›
      <a data-link href=${href({ tenant: id })}>${tenant.displayName}</a> ›
      <a data-link href=${href({ tenant: id, sync: route.sync })}>${say("review.sync")}</a></nav>
    <h1>${say("review.heading", { tenant: tenant.displayName })}</h1>
    ${error ? html`<p class="note bad" role="alert">${described(error)}</p>` : !sync ? html`<p class="muted">${say("status.loading")}</p>` : content(route, tenant, sync)}
  </article>`;
}

/** @type {Set<string>} syncs whose successor was gone to */
const left = new Set();

/** A plan whose place another took is left for the new one. @param {Sync} sync */
function moveOn(sync) {
  const newer = current(sync.tenant)?.activeSync;
  if (sync.cause !== "superseded" || !newer || newer === sync.id || left.has(sync.id)) return;
  left.add(sync.id);
  queueMicrotask(() => {
    tell(say("review.superseded"));
    go({ tenant: sync.tenant, sync: newer, view: "review" }, { replace: true });
  });
}

/** @param {Route} route @param {Named} tenant @param {Sync} sync */
function content(route, tenant, sync) {
  if (!sync.plan) return withoutPlan(tenant, sync);
  const { review, error } = reviewOf(sync);
  if (error && !review) return html`<p class="note bad" role="alert">${described(error)}</p>`;
  const deciding = sync.status === "pendingApproval" && !sync.decision && !sync.endedAt;
  return html`${facts(tenant, sync, deciding)}
    ${deciding ? arrivedSince(tenant, sync) : nothing}
    ${review ? list(route, tenant, sync, review, deciding) : html`<p class="muted">${say("review.loading")}</p>`}`;
}

/** @param {Named} tenant @param {Sync} sync */
function withoutPlan(tenant, sync) {
  if (sync.endedAt) return html`<p class="empty">${say(sync.error ? "review.failed" : "review.nothing")}
    <br><a data-link href=${href({ tenant: tenant.id, sync: sync.id })}>${say("status.openSync")}</a></p>`;
  return html`<div class="empty" role="status"><p>${say("review.making")}</p><p>${stageText(sync)} ${progressBar(sync)}</p></div>`;
}

/** @param {Named} tenant @param {Sync} sync @param {boolean} deciding */
function facts(tenant, sync, deciding) {
  const plan = sync.plan;
  if (!plan) return nothing;
  return html`${deciding ? html`<p class="lead">${say("review.promise", { tenant: tenant.displayName })}</p>` : state(tenant, sync)}
    <p class="meta">${say("review.startedBy", { name: starter(sync) })} ${when(sync.startedAt)}${deciding && plan.expiresAt ? html` · ${say("review.expires")} ${when(plan.expiresAt)}` : nothing}
      ${plan.sameAs ? html` · <a data-link href=${href({ tenant: tenant.id, sync: plan.sameAs, view: "review" })}>${say("review.sameAs")}</a>` : nothing}
      · ${say("review.digest")} <code class="digest" title=${plan.digest}>${plan.digest.replace("sha256:", "").slice(0, 12)}</code></p>`;
}

/** What became of a plan that waits no longer. @param {Named} tenant @param {Sync} sync */
function state(tenant, sync) {
  const { decision } = sync;
  const text = decision ? decisionText(decision) : sync.cause ? say(`review.over.${sync.cause}`) : sync.endedAt ? say("review.over.ended") : stageText(sync);
  const good = decision?.decision === "approve";
  return html`<div class="note ${good ? "good" : ""}" role="status"><p><b>${text}</b></p>
    ${sync.endedAt ? nothing : html`<p>${stageText(sync)} ${progressBar(sync)}</p>`}
    <p class="row"><a data-link href=${href({ tenant: tenant.id, sync: sync.id })}>${say("status.openSync")}</a>
      ${sync.endedAt && !current(tenant.id)?.activeSync && !good ? planAgain(tenant) : nothing}</p></div>`;
}

/** @param {Route} route @param {Named} tenant @param {Sync} sync @param {Review} review @param {boolean} deciding */
function list(route, tenant, sync, review, deciding) {
  show(review, route.params.get("change") ?? "");
  const context = { sync, review, deciding };
  const first = review.changes[0];
  return html`${toolbar(review, deciding)}
    <p class="unseen" role="status">${review.note}</p>
    ${review.note ? html`<p class="note">${review.note}</p>` : nothing}
    ${guard([review, review.version, deciding, language(), first && typeTitle(first.type)], () => grouped(context, review.shown()))}
    ${deciding ? bar(tenant, sync, review) : nothing}`;
}

/** Opens the change that the address names, and goes there. @param {Review} review @param {string} id */
function show(review, id) {
  const change = id === review.named ? undefined : review.choice.byId.get(id);
  review.named = id;
  if (!change) return;
  review.openTypes.add(change.type);
  review.open.add(id);
  [review.search, review.mark, review.type] = ["", null, ""];
  review.version += 1;
  setTimeout(() => {
    const row = document.getElementById(`change-${id}`);
    row?.scrollIntoView({ block: "start" });
    row?.querySelector("summary")?.focus({ preventScroll: true });
  });
}

/** What is chosen, and the three decisions; it stays in sight. */
/** @param {Named} tenant @param {Sync} sync @param {Review} review */
function bar(tenant, sync, review) {
  const chosen = review.choice.list(), deletions = chosen.filter((one) => one.action === "delete");
  /** @param {DecisionKey} decision @param {boolean} some */
  const decide = (decision, some) => openDecision({
    tenant,
    sync: sync.id,
    digest: sync.plan?.digest ?? "",
    decision,
    choice: {
      count: some ? chosen.length : review.changes.length,
      left: review.changes.length - chosen.length,
      ids: some && chosen.length < review.changes.length ? chosen.map((one) => one.id) : null,
      deletions: decision === "approve" ? deletions.map((one) => `${one.item} (${typeTitle(one.type)})`) : [],
      conflicts: chosen.filter((one) => one.conflict).length,
    },
    onDecided: () => go({ tenant: tenant.id, sync: sync.id }),
  });
  const none = !chosen.length, some = chosen.length < review.changes.length;
  return html`<section class="decision-bar" aria-label=${say("review.decision")}>
    <p>${say("review.chosen", { chosen: number(chosen.length), total: number(review.changes.length) })}
      ${deletions.length ? html`<b class="fault">${say.count("status.deletions", deletions.length)}</b>` : nothing}</p>
    ${may("Approver", tenant.id) ? html`<div class="row">
      <button type="button" title=${say("review.does.rejectAndRevert")} @click=${() => decide("rejectAndRevert", false)}>${say("review.rejectAndRevert")}</button>
      ${some && !none ? html`<button type="button" title=${say("review.revertChosenHint")} @click=${() => decide("rejectAndRevert", true)}>${say("review.revertChosen")}</button>` : nothing}
      <button type="button" title=${say("review.does.reject")} @click=${() => decide("reject", false)}>${say("review.reject")}</button>
      <button type="button" class="primary" title=${say("review.does.approve")} aria-disabled=${none}
        @click=${() => (none ? tell(say("review.chooseFirst")) : decide("approve", true))}>${say(some ? "review.approveChosen" : "review.approve")}</button>
    </div>` : html`<p>${say("review.approversDecide")}</p>`}
  </section>`;
}
