// The status column: each of the nine statuses as a person meets it.
import { href } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { near } from "../../core/time.js";
import { html, nothing } from "../../core/view.js";
import { approval } from "./approval.js";
import { openConsent } from "./consent.js";
import { openError } from "./error.js";
import { hideTip, showTip, tipKey } from "./floating.js";
import { openPartial } from "./partial.js";
import { activeSync, working } from "./progress.js";
import { openPendingSignIn } from "./sign-in.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/**
 * A tenant's status, with what can be done about it.
 * @param {Tenant} tenant
 */
export function statusCell(tenant) {
  return html`<span class="status-cell ${tenant.status}">${shown(tenant)}</span>`;
}

/** @param {Tenant} tenant */
function shown(tenant) {
  switch (tenant.status) {
    case "starting":
    case "inProgress":
      return working(tenant, activeSync(tenant));
    case "newError":
      return button(tenant, "danger", () => openError(tenant), errorText(tenant));
    case "pendingAuthentication":
      return button(tenant, "warn", () => openPendingSignIn(tenant), say("status.tipSignIn"));
    case "pendingApproval":
      return approval(tenant);
    case "partiallySucceeded":
      return html`${button(tenant, "warn", () => openPartial(tenant), causes(tenant) || say("status.tipPartial"))}
        <small class="sub">${causes(tenant)}</small>`;
    case "pendingAdminConsent":
      return html`${button(tenant, "warn", () => openConsent(tenant), say.count("status.tipConsent", tenant.permissionsRequired))}
        <small class="sub">${say.count("status.permissions", tenant.permissionsRequired)}</small>`;
    case "idle":
      return idle(tenant, lastText(tenant));
    case "notRun":
      return html`<span class="badge notRun">${tenant.statusLabel}</span>
        ${tenant.permissionsRequired ? html`<button type="button" class="quiet small" @click=${() => openConsent(tenant)}>${say.count("status.permissions", tenant.permissionsRequired)}</button>` : nothing}`;
  }
}

/** What the tooltip of a new error says. @param {Tenant} tenant */
const errorText = ({ lastSync }) => lastSync?.error?.message ?? say("status.tipError");

/** Which cases of an incomplete sync these are. @param {Tenant} tenant */
const causes = ({ lastSync }) => (lastSync?.incomplete ?? []).map((one) => say(`status.short.${one}`)).join(" · ");

/** How the last sync ended. @param {Tenant} tenant */
function lastText({ lastSync, changesWaiting }) {
  if (!lastSync) return "";
  const ended = say("status.tipLast", { outcome: say(`outcome.${lastSync.outcome}`), at: near(lastSync.endedAt) });
  return changesWaiting ? `${ended} ${say.count("status.waiting", changesWaiting)}` : ended;
}

/** A status that asks for somebody: a button, described by a tooltip. */
/** @param {Tenant} tenant @param {string} look @param {() => void} open @param {string} text */
function button(tenant, look, open, text) {
  const id = `tip-${tenant.id}`;
  return html`<button type="button" class="status-button ${look}" aria-haspopup="dialog" aria-describedby=${id} @click=${open}
      @pointerenter=${showTip} @pointerleave=${hideTip} @focus=${showTip} @blur=${hideTip} @keydown=${tipKey}>${tenant.statusLabel}</button>${tip(id, text)}`;
}

/** Idle leads to the last sync, which its tooltip tells of. @param {Tenant} tenant @param {string} text */
function idle(tenant, text) {
  const id = `tip-${tenant.id}`;
  if (!tenant.lastSync) return html`<span class="badge idle">${tenant.statusLabel}</span>`;
  return html`<a class="badge idle" data-link href=${href({ tenant: tenant.id, sync: tenant.lastSync.id })} aria-describedby=${id}
      @pointerenter=${showTip} @pointerleave=${hideTip} @focus=${showTip} @blur=${hideTip} @keydown=${tipKey}>${tenant.statusLabel}</a>${tip(id, text)}`;
}

/** @param {string} id @param {string} text */
const tip = (id, text) => html`<span class="tip" role="tooltip" id=${id} popover="manual" data-floating
  @pointerenter=${showTip} @pointerleave=${hideTip}>${text}</span>`;
