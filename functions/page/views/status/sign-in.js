// The window in which people sign in to a tenant, while a sync waits for it or ahead of any: the code (one click
// copies it), the page to type it into, the link for a browser, what is left of the time. It closes by itself.
import { act } from "../../core/act.js";
import { Refusal, get, post } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { poke, tenant as current } from "../../core/live.js";
import { described, tell } from "../../core/message.js";
import { may } from "../../core/session.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { countdown, exact } from "../../core/time.js";
import { html, nothing } from "../../core/view.js";
import { cancelSync, startSync, syncPath } from "./actions.js";
import { copyButton } from "./copy.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {import("../../api.d.ts").SignIn} SignIn */
/** @typedef {import("../../api.d.ts").Account} Account */
/**
 * @typedef {object} Waiting
 * @property {{id: string, displayName: string}} tenant
 * @property {string | null} sync null: ahead of any
 * @property {SignIn | null} offer
 * @property {"loading" | "waiting" | "hidden" | "over" | "ended"} state
 * @property {string} heard how a look at the provider ended
 * @property {string} spoken what is left, said now and then
 * @property {Sync | null} record
 * @property {number} looks
 * @property {() => void} close
 */

const EVERY = 2000;
/** So many looks later a code may have been followed by another. */
const FRESH = 30;
const SPOKEN = [120, 60, 30, 10];

/** Opens the window of a tenant whose sync waits for somebody to sign in. @param {Tenant} tenant */
export function openPendingSignIn(tenant) {
  open(tenant, tenant.activeSync);
}

/** Opens the window to sign in ahead of any sync; where a sync waits for it already, that one's. @param {Tenant} tenant */
export function openSignIn(tenant) {
  open(tenant, tenant.status === "pendingAuthentication" ? tenant.activeSync : null);
}

/** @param {Tenant} tenant @param {string | null} sync */
function open(tenant, sync) {
  /** @type {Waiting} */
  const waiting = { tenant, sync, offer: null, state: "loading", heard: "", spoken: "", record: null, looks: 0, close: () => {} };
  let timer = 0, shown = true;
  const dialog = openDialog({
    title: () => say("status.signInTitle", { tenant: tenant.displayName }),
    body: () => body(waiting),
    actions: () => actions(waiting),
    onClose: () => {
      shown = false;
      clearInterval(timer);
    },
  });
  waiting.close = dialog.close;
  let looking = false;
  const look = async () => {
    // A second look beside a slow first one would ask for a second code, and show the wrong one.
    if (looking) return;
    looking = true;
    try {
      await (sync ? lookAtSync(waiting, sync) : lookAhead(waiting));
    } catch (error) {
      if (!shown) return;
      waiting.heard = described(error);
      if (error instanceof Refusal && error.status >= 400 && error.status < 500) waiting.state = waiting.offer ? waiting.state : "ended";
    } finally {
      looking = false;
    }
    speak(waiting);
    redraw();
  };
  void look();
  timer = setInterval(() => shown && look(), EVERY);
}

/** @param {Waiting} waiting @param {string} id */
async function lookAtSync(waiting, id) {
  const sync = /** @type {Sync} */ (await get(syncPath(waiting.tenant.id, id)));
  waiting.record = sync;
  if (sync.status === "pendingAuthentication") {
    offered(waiting, sync.authentication);
    return;
  }
  if (sync.endedAt && sync.outcome === "cancelled") {
    waiting.state = sync.cause === "signInDeadline" ? "over" : "ended";
    return;
  }
  // A sync that was cancelled at its deadline settles and reports before it ends: only then is it known.
  if (!sync.endedAt && (sync.stage === "settling" || sync.stage === "reporting")) return;
  const { state } = await post(`${syncPath(waiting.tenant.id, id)}/authentication/check`);
  const heard = state === "signedIn" ? "status.signedInOn" : "status.goesOnWithout";
  done(waiting, say(heard, { tenant: waiting.tenant.displayName }));
}

/** @param {Waiting} waiting */
async function lookAhead(waiting) {
  const path = `/tenants/${waiting.tenant.id}/authentication`;
  if (!waiting.offer) {
    offered(waiting, await post(path));
    return;
  }
  const { state, account } = /** @type {Account} */ (await get(path));
  waiting.looks += 1;
  if (state === "signedIn") {
    done(waiting, say("status.signedInAs", { account: account ?? "", tenant: waiting.tenant.displayName }));
  } else if (state === "pending" || state === "wrongAccount") {
    // After a wrong account there is a fresh code, and why; a code that has run out is followed by another.
    if (state === "wrongAccount" || waiting.looks % FRESH === 0) offered(waiting, await post(path));
  } else {
    waiting.state = state === "expired" ? "over" : "ended";
    waiting.heard = say(`status.heard.${state}`);
  }
}

/** @param {Waiting} waiting @param {SignIn | null} offer */
function offered(waiting, offer) {
  waiting.offer = offer;
  waiting.state = offer ? "waiting" : "hidden";
}

/** @param {Waiting} waiting @param {string} text */
function done(waiting, text) {
  waiting.close();
  tell(text);
  poke();
}

/** What is left, said when it matters and not every second. @param {Waiting} waiting */
function speak(waiting) {
  if (waiting.state !== "waiting" || !waiting.offer) return;
  const left = (Date.parse(waiting.offer.expiresAt) - Date.now()) / 1000;
  const mark = SPOKEN.filter((one) => left <= one).at(-1);
  if (mark) waiting.spoken = say("status.leftSpoken", { seconds: mark });
}

/** @param {Waiting} waiting */
function body(waiting) {
  const { state, offer, tenant } = waiting;
  if (state === "loading") return html`<p class="muted">${say("status.loading")}</p>`;
  if (state === "hidden") return html`<p>${say("status.codeHidden")}</p>`;
  if (state === "over" || state === "ended") {
    return html`<div role="alert"><div class="note bad"><p><b>${say(state === "over" ? "status.timeRanOut" : "status.signInEnded")}</b></p>
      <p>${waiting.heard || (waiting.sync ? waiting.record?.error?.advice : say("status.signInAgain"))}</p></div></div>`;
  }
  return html`<div class="sign-in-window">
    <p>${say(waiting.sync ? "status.signInWhy" : "status.signInAhead", { tenant: tenant.displayName })}</p>
    <div role="alert">${offer?.notice ? html`<p class="note">${offer.notice}</p>` : nothing}</div>
    ${offer?.userCode ? html`<ol class="steps">
      <li><span id="code-label">${say("status.copyThis")}</span>
        <div class="row"><output class="code" aria-labelledby="code-label">${offer.userCode}</output>
          ${copyButton({ text: offer.userCode, label: say("status.copyCode"), look: "primary" })}</div></li>
      <li>${say("status.openPage")} <a class="button" href=${offer.verificationUri ?? "#"} target="_blank" rel="noreferrer">${say("status.verification")}<span class="unseen"> ${say("status.newWindow")}</span> <span aria-hidden="true">↗</span></a></li>
      <li>${say("status.withAccount", { tenant: tenant.displayName })}</li>
    </ol>` : nothing}
    ${offer?.signInUrl ? html`<p>${say(offer.userCode ? "status.orBrowser" : "status.byBrowser")}
      <a href=${offer.signInUrl} target="_blank" rel="noreferrer">${say("status.browserSignIn")}<span class="unseen"> ${say("status.newWindow")}</span> <span aria-hidden="true">↗</span></a></p>` : nothing}
    <p class="left">${say("status.timeLeft")} ${countdown(offer?.expiresAt)}
      <small>${offer ? say("status.until", { at: exact(offer.expiresAt) }) : nothing}</small></p>
    <p class="unseen" role="status">${waiting.spoken}</p>
    <p role="status" class="muted">${waiting.heard}</p>
  </div>`;
}

/** @param {Waiting} waiting */
function actions(waiting) {
  const { sync, state, tenant } = waiting;
  const known = current(tenant.id);
  if (state === "over" || state === "ended") {
    const again = (/** @type {MouseEvent} */ event) => act(event.currentTarget, async () => {
      if (sync) await startSync(tenant);
      waiting.close();
      if (!sync && known) openSignIn(known);
    });
    return known?.activeSync || !may("Operator", tenant.id) ? nothing : html`<button type="button" class="primary" @click=${again}>${say("status.startAgain")}</button>`;
  }
  if (!sync || state !== "waiting") return nothing;
  return html`<button type="button" @click=${(/** @type {MouseEvent} */ event) => cancelSync(tenant, { id: sync, stage: "authenticating" }, event.currentTarget)}>${say("status.cancelSync")}</button>
    <button type="button" @click=${(/** @type {MouseEvent} */ event) => act(event.currentTarget, () => check(waiting, sync))}>${say("status.checkNow")}</button>`;
}

/** Asks the provider at once. @param {Waiting} waiting @param {string} sync */
async function check(waiting, sync) {
  const { state } = await post(`${syncPath(waiting.tenant.id, sync)}/authentication/check`);
  waiting.heard = say(`status.heard.${state}`);
  await lookAtSync(waiting, sync).catch(() => {});
  redraw();
}
