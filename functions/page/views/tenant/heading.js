// The head of a tenant's page: name, directory, status, sign-in, and what can be started.
import { html, nothing } from "../../core/view.js";
import { act } from "../../core/act.js";
import { remove } from "../../core/api.js";
import { confirmed } from "../../core/dialogs.js";
import { tell } from "../../core/message.js";
import { href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { cancelSync, startSync } from "../status/actions.js";
import { statusCell } from "../status/cell.js";
import { follow } from "../status/loaded.js";
import { menuButton } from "../status/menu.js";
import { openSignIn } from "../status/sign-in.js";
import { copyable } from "./parts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/** How often it is looked who is signed in, in seconds. */
const ACCOUNT = 10;

/** @param {Tenant} tenant */
export function heading(tenant) {
  return html`<header class="tenant-head">
    <p class="crumbs"><a data-link href=${href({})}>${say("tenant.all")}</a></p>
    <div class="tenant-title">
      <h1>${tenant.displayName}</h1>
      <div class="tenant-status">${statusCell(tenant)}</div>
      <div class="tenant-actions">${actions(tenant)}</div>
    </div>
    <dl class="tenant-facts">
      <div><dt>${say("tenant.id")}</dt><dd><code>${tenant.id}</code></dd></div>
      <div><dt>${say("tenant.directory")}</dt><dd>${copyable(tenant.entraTenantId, say("tenant.copyDirectory"))}</dd></div>
      <div><dt>${say("tenant.next")}</dt><dd>${tenant.nextSyncAt ? when(tenant.nextSyncAt) : say("tenant.noNext")}</dd></div>
      ${account(tenant)}
    </dl>
  </header>`;
}

/** @param {Tenant} tenant */
function actions(tenant) {
  const operator = may("Operator", tenant.id);
  if (tenant.activeSync) {
    const sync = { id: tenant.activeSync, stage: null };
    const elsewhere = tenant.status === "starting" || tenant.status === "inProgress"; // its status offers to cancel
    return html`<a class="button" data-link href=${href({ tenant: tenant.id, sync: tenant.activeSync })}>${say("tenant.follow")}</a>
      ${elsewhere || !operator ? nothing : html`<button type="button" @click=${(/** @type {Event} */ event) => cancelSync(tenant, sync, event.currentTarget)}>${say("tenant.cancel")}</button>`}`;
  }
  if (!operator) return nothing;
  return html`<span class="split"><button type="button" class="primary" @click=${(/** @type {Event} */ event) =>
      act(event.currentTarget, () => startSync(tenant))}>${say("tenant.start")}</button>
    ${menuButton({ id: `start-${tenant.id}`, face: html`<span aria-hidden="true">▾</span>`, name: say("tenant.startOther"), look: "primary", items: [
      { label: say("tenant.backupOnly"), hint: say("tenant.backupOnlyText"), run: () => void act(null, () => startSync(tenant, { mode: "backupOnly" })) },
      { label: say("tenant.previewOnly"), hint: say("tenant.previewOnlyText"), run: () => void act(null, () => startSync(tenant, { mode: "previewOnly" })) },
    ] })}</span>`;
}

/**
 * Who is signed in, where a user is needed at all.
 * @param {Tenant} tenant
 */
function account(tenant) {
  if (tenant.settings.authentication !== "servicePrincipalAndUser") return nothing;
  const asked = follow(`/tenants/${tenant.id}/authentication`, ACCOUNT);
  if (!asked.value) return nothing;
  const { account: who, state, signedInAt } = asked.value;
  const signedIn = state === "signedIn";
  return html`<div><dt>${say("tenant.account")}</dt><dd class="account">
    ${signedIn ? html`<span>${who}</span> ${signedInAt ? html`<small>${when(signedInAt)}</small>` : nothing}` : html`<span>${stateName(state)}</span>`}
    ${!may("Operator", tenant.id) ? nothing : signedIn
      ? html`<button type="button" class="quiet link" @click=${(/** @type {Event} */ event) => signOut(tenant, event)}>${say("tenant.signOut")}</button>`
      : html`<button type="button" class="quiet link" aria-haspopup="dialog" @click=${() => openSignIn(tenant)}>${say("tenant.signIn")}</button>`}
  </dd></div>`;
}

/** @param {string} state */
function stateName(state) {
  if (state === "expired") return say("tenant.accountExpired");
  if (state === "pending" || state === "wrongAccount") return say("tenant.accountPending");
  return state === "none" ? say("tenant.accountNone") : say("tenant.accountRefused");
}

/**
 * @param {Tenant} tenant
 * @param {Event} event
 */
async function signOut(tenant, event) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  const wanted = await confirmed({
    title: say("tenant.signOutTitle", { tenant: tenant.displayName }), text: say("tenant.signOutText"),
    action: say("tenant.signOut"), danger: true,
  });
  if (!wanted) return;
  await act(button, async () => {
    await remove(`/tenants/${tenant.id}/authentication`);
    tell(say("tenant.signedOut"));
  });
}
