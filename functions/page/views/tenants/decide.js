// Deciding on many tenants' plans at once. Plans that delete, or overrule what was changed in the tenant, are not
// approved by the dozen: they are named, with the way to review each.
import { act } from "../../core/act.js";
import { post } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { href } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { answered } from "./results.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").PendingPlan} PendingPlan */
/** @typedef {{tenant: Tenant, plan: PendingPlan}} Waiting */

/** @param {Tenant[]} tenants @returns {Waiting[]} */
const waiting = (tenants) => tenants.flatMap((tenant) => (tenant.pendingPlan ? [{ tenant, plan: tenant.pendingPlan }] : []));

/** @param {PendingPlan} plan */
const singly = (plan) => plan.deletions > 0 || plan.conflicts > 0;

/** Whether there is anything to decide. @param {Tenant[]} tenants */
export const canDecide = (tenants) => tenants.some((one) => one.pendingPlan);

/** @param {Tenant[]} tenants @param {"approve" | "rejectAndRevert"} decision */
export function openDecisions(tenants, decision) {
  const all = waiting(tenants), approving = decision === "approve";
  const left = approving ? all.filter(({ plan }) => singly(plan)) : [];
  const taken = all.filter((one) => !left.includes(one));
  const changes = taken.reduce((sum, { plan }) => sum + plan.changes - (approving ? plan.blocked : 0), 0);
  let comment = "";
  /** @param {Event} event */
  const decide = (event) => act(event.currentTarget, async () => {
    const value = [];
    for (let from = 0; from < taken.length; from += 1000) {
      const decisions = taken.slice(from, from + 1000).map(({ tenant, plan }) => ({
        tenant: tenant.id, sync: plan.sync, digest: plan.digest, decision, ...(comment && { comment }),
      }));
      value.push(...(await post("/bulk/decisions", { decisions })).value);
    }
    dialog.close();
    answered(value, approving ? "tenants.approved" : "tenants.reverted");
  });
  const dialog = openDialog({
    title: () => say(approving ? "tenants.approveTitle" : "tenants.revertTitle"),
    body: () => html`
      <p>${taken.length ? say(approving ? "tenants.approveText" : "tenants.revertText", {
        plans: say.count("tenants.plans", taken.length), changes: say.count("tenants.changes", changes) }) : say("tenants.nothingToDecide")}</p>
      ${taken.length ? names(taken) : nothing}
      ${left.length ? leftOut(left) : nothing}
      ${tenants.length > all.length ? html`<p class="muted">${say.count("tenants.notWaiting", tenants.length - all.length)}</p>` : nothing}
      ${taken.length ? html`<div class="field"><label for="bulk-comment">${say("tenants.comment")}</label>
        <input id="bulk-comment" maxlength="1000" @input=${(/** @type {InputEvent} */ event) =>
          (comment = /** @type {HTMLInputElement} */ (event.currentTarget).value)}></div>` : nothing}`,
    actions: () => (taken.length ? html`<button type="button" class=${approving ? "primary" : "danger"} @click=${decide}>
      ${say.count(approving ? "tenants.approveCount" : "tenants.revertCount", taken.length)}</button>` : nothing),
  });
}

/** @param {Waiting[]} taken */
const names = (taken) => html`<details><summary>${say.count("tenants.whichTenants", taken.length)}</summary>
  <ul>${taken.map(({ tenant, plan }) => html`<li>${tenant.displayName}: ${say.count("tenants.changes", plan.changes)}</li>`)}</ul></details>`;

/** @param {Waiting[]} left */
const leftOut = (left) => html`<section class="left-out">
  <h3>${say.count("tenants.leftOut", left.length)}</h3>
  <p>${say("tenants.leftOutText")}</p>
  <ul>${left.map(({ tenant, plan }) => html`<li>
    <a data-link href=${href({ tenant: tenant.id, sync: plan.sync, view: "review" })}>${say("tenants.reviewOf", { tenant: tenant.displayName })}</a>
    <small>${[plan.deletions && say.count("tenants.deletions", plan.deletions), plan.conflicts && say.count("tenants.conflicts", plan.conflicts)].filter(Boolean).join(", ")}</small>
  </li>`)}</ul></section>`;
