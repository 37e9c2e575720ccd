// Signing in to a tenant ahead of any sync: the code, the link, and what is left of the time.
import { html, nothing } from "../../core/view.js";
import { act } from "../../core/act.js";
import { post } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { watch } from "../../core/live.js";
import { tell } from "../../core/message.js";
import { say } from "../../core/texts.js";
import { countdown } from "../../core/time.js";
import { forget } from "./loaded.js";
import { copyButton } from "./parts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {{userCode: string | null, verificationUri: string | null, signInUrl: string | null, expiresAt: string, notice: string | null}} Offer */

/**
 * Asks for a code and shows it until somebody has signed in.
 * @param {Tenant} tenant
 * @param {Event} event
 */
export function signInAhead(tenant, event) {
  const path = `/tenants/${tenant.id}/authentication`;
  return act(event.currentTarget, async () => {
    /** @type {Offer} */
    let offer = await post(path);
    let state = "pending";
    const dialog = openDialog({
      title: () => say("tenant.signInTitle", { tenant: tenant.displayName }),
      body: () => (state === "pending" || state === "wrongAccount" ? waitingFor(offer) : html`<p role="alert">${say("tenant.signInEnded")}</p>`),
      onClose: () => stop(),
    });
    const stop = watch(path, async (/** @type {{state: string}} */ now) => {
      if (now.state === "wrongAccount" && state !== "wrongAccount") offer = await post(path);
      state = now.state;
      if (state !== "signedIn") return;
      dialog.close();
      tell(say("tenant.signedIn", { tenant: tenant.displayName }));
      forget(`authentication/${tenant.id}`);
    });
  });
}

/** @param {Offer} offer */
function waitingFor(offer) {
  return html`
    ${offer.notice ? html`<p class="notice" role="alert">${offer.notice}</p>` : nothing}
    ${offer.userCode ? html`<ol class="todo">
      <li>${say("tenant.codeCopy")} <output class="code">${offer.userCode}</output> ${copyButton(offer.userCode, say("tenant.copyCode"))}</li>
      <li><a href=${offer.verificationUri ?? ""} target="_blank" rel="noreferrer">${say("tenant.codePage")}</a></li>
    </ol>` : nothing}
    ${offer.signInUrl ? html`<p><a href=${offer.signInUrl} target="_blank" rel="noreferrer">${say("tenant.codeLink")}</a></p>` : nothing}
    <p>${say("tenant.codeLeft")} ${countdown(offer.expiresAt)}</p>`;
}
