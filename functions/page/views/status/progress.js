// "Starting" and "In progress": the stage and how far it is, and a way to cancel.
import { href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { cancelSync, syncPath } from "./actions.js";
import { follow } from "./loaded.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Sync} Sync */

/**
 * How far a sync is: of the changes while it deploys, of the types before.
 * @param {Sync} sync
 * @returns {{done: number, total: number, text: string} | null}
 */
export function far({ stage, progress }) {
  if (stage === "deploying" || stage === "tenantApproval") {
    const { changesDone: done, changesTotal: total } = progress;
    return total ? { done, total, text: say("status.changesDone", { done, total }) } : null;
  }
  if (stage === "backingUp" || stage === "comparing") {
    const { typesDone: done, typesTotal: total } = progress;
    return total ? { done, total, text: say("status.typesDone", { done, total }) } : null;
  }
  return null;
}

/** A sync's stage in words. @param {Sync} sync */
export const stageText = (sync) => (sync.stage ? say(`status.stage.${sync.stage}`) : say("status.stage.ended"));

/** @param {Sync} sync */
export function progressBar(sync) {
  const at = far(sync);
  if (!at) return nothing;
  return html`<progress max=${at.total} .value=${at.done} aria-label=${at.text}></progress> <small>${at.text}</small>`;
}

/**
 * The cell of a tenant whose sync is at work.
 * @param {Tenant} tenant
 * @param {Sync | undefined} sync followed only where few are shown at once
 */
export function working(tenant, sync) {
  const id = tenant.activeSync;
  return html`<a class="badge ${tenant.status}" data-link href=${href({ tenant: tenant.id, sync: id })}>${tenant.statusLabel}</a>
    ${sync && sync.stage !== "starting" ? html`<span class="stage"><small>${stageText(sync)}</small> ${progressBar(sync)}</span>` : nothing}
    ${id && may("Operator", tenant.id) ? html`<button type="button" class="quiet small" aria-label=${say("status.cancelOf", { tenant: tenant.displayName })}
      @click=${(/** @type {MouseEvent} */ event) => cancelSync(tenant, { id, stage: sync?.stage ?? null }, event.currentTarget)}
      >${say("status.cancel")}</button>` : nothing}`;
}

const MOST = 20;
/** @type {Set<string>} tenants whose progress was asked for since the last drawing */
let asked = new Set();
let cleared = false;

/**
 * The active sync of a tenant, followed for the first twenty of them on the page: with a thousand at work at once, the
 * stage is read on each tenant's own page.
 * @param {Tenant} tenant
 * @returns {Sync | undefined}
 */
export function activeSync(tenant) {
  if (!tenant.activeSync) return undefined;
  if (!cleared) {
    cleared = true;
    queueMicrotask(() => {
      asked = new Set();
      cleared = false;
    });
  }
  asked.add(tenant.id);
  if (asked.size > MOST) return undefined;
  return follow(syncPath(tenant.id, tenant.activeSync)).value;
}
