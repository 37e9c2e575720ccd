// "Pending approval": a button that opens the review, and an arrow whose menu decides at once.
import { openDialog } from "../../core/dialogs.js";
import { go, href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { openDecision } from "./decision.js";
import { menuButton } from "./menu.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").PendingPlan} PendingPlan */
/** @typedef {import("../../api.d.ts").DecisionKey} DecisionKey */

/** @param {Tenant} tenant */
export function approval(tenant) {
  const plan = tenant.pendingPlan;
  if (!plan) return html`<span class="badge pendingApproval">${tenant.statusLabel}</span>`;
  const decisions = /** @type {DecisionKey[]} */ (["approve", "reject", "rejectAndRevert"]);
  const items = decisions.map((decision) => ({
    label: say(`review.${decision}`),
    hint: say(`review.does.${decision}`),
    run: () => decide(tenant, plan, decision),
  }));
  return html`<span class="split status-split">
      <a class="button status-button warn" data-link href=${reviewHref(tenant, plan)} title=${say("status.openReview")}
        aria-label="${tenant.statusLabel}: ${say("status.reviewOf", { tenant: tenant.displayName })}">${tenant.statusLabel}</a>
      ${!may("Approver", tenant.id) ? nothing : menuButton({ id: `decide-${tenant.id}`, face: html`<span aria-hidden="true">▾</span>`, look: "status-button warn", name: say("status.decideOf", { tenant: tenant.displayName }), items })}
    </span>
    <small class="sub">${say.count("status.changes", plan.changes)}${marks(plan)}</small>`;
}

/** @param {PendingPlan} plan */
const marks = ({ deletions, conflicts, blocked }) =>
  ["deletions", "conflicts", "blocked"].map((name, index) => {
    const n = [deletions, conflicts, blocked][index] ?? 0;
    return n ? html` · ${say.count(`status.${name}`, n)}` : nothing;
  });

/** @param {Tenant} tenant @param {PendingPlan} plan */
const reviewHref = (tenant, plan) => href({ tenant: tenant.id, sync: plan.sync, view: "review" });

/** @param {Tenant} tenant @param {PendingPlan} plan @param {DecisionKey} decision */
function decide(tenant, plan, decision) {
  if (decision === "approve" && (plan.deletions || plan.conflicts)) {
    toReview(tenant, plan);
    return;
  }
  const deployable = plan.changes - plan.blocked;
  openDecision({
    tenant,
    sync: plan.sync,
    digest: plan.digest,
    decision,
    choice: {
      count: decision === "approve" ? deployable : plan.changes,
      left: plan.blocked,
      ids: null,
      deletions: [],
      conflicts: 0,
    },
  });
}

/** A plan that deletes, or overrules what was changed in the tenant, is looked at before it is approved. */
/** @param {Tenant} tenant @param {PendingPlan} plan */
function toReview(tenant, plan) {
  const dialog = openDialog({
    title: () => say("status.reviewFirst"),
    body: () => html`<p>${say("status.reviewWhy", {
      deletions: say.count("status.deletions", plan.deletions),
      conflicts: say.count("status.conflicts", plan.conflicts),
    })}</p>`,
    actions: () => html`<button type="button" class="primary" @click=${() => {
      dialog.close();
      go(reviewHref(tenant, plan));
    }}>${say("status.openReview")}</button>`,
  });
}
