// What a tenant's types need of Microsoft Graph, what is granted of it, and how the rest is granted or done without.
import { act } from "../../core/act.js";
import { post, remove } from "../../core/api.js";
import { described, tell } from "../../core/message.js";
import { may } from "../../core/session.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { html, nothing } from "../../core/view.js";
import { typeTitle } from "../review/types.js";
import { copyButton } from "../status/copy.js";
import { follow } from "../status/loaded.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Permission} Permission */
/** @typedef {import("../../api.d.ts").PermissionList} PermissionList */

const STATES = /** @type {const} */ (["required", "propagating", "ignored", "granted"]);
const LOOKS = { required: "warn", propagating: "info", ignored: "", granted: "good" };

/** @type {Map<string, unknown>} what the last attempt to change something was refused with, by tenant */
const refusals = new Map();

/**
 * The permissions of a tenant: for the window of its status and for its page.
 * @param {Tenant} tenant
 */
export function permissionsPanel(tenant) {
  const { value, error } = follow(`/tenants/${tenant.id}/permissions`, 5);
  if (error) return html`<p class="note bad">${described(error)}</p>`;
  if (!value) return html`<p class="muted">${say("permissions.loading")}</p>`;
  const list = /** @type {PermissionList} */ (value);
  return html`<div class="permissions">
    ${summary(tenant, list)}
    <div role="alert">${refusals.has(tenant.id) ? html`<p class="note bad">${described(refusals.get(tenant.id))}</p>` : nothing}</div>
    ${STATES.map((state) => group(tenant, state, list.value.filter((one) => one.state === state)))}
  </div>`;
}

/** @param {Tenant} tenant @param {PermissionList} list */
function summary(tenant, { value, adminConsentUrl }) {
  const missing = value.filter((one) => one.state === "required");
  const looked = value.map((one) => one.checkedAt).filter(Boolean).sort().at(-1);
  return html`<div class=${missing.length ? "note" : "note good"}>
      <p><b>${missing.length ? say.count("permissions.missing", missing.length) : say("permissions.complete")}</b>
        ${missing.some((one) => one.updated) ? say("permissions.updatedWhy") : nothing}</p>
      ${missing.length ? html`<p>${say("permissions.how")}</p>` : nothing}
    </div>
    <p class="row">
      ${adminConsentUrl ? html`<a class="button ${missing.length ? "primary" : ""}" href=${adminConsentUrl} target="_blank" rel="noreferrer">${say("permissions.consent")}<span class="unseen"> ${say("status.newWindow")}</span> <span aria-hidden="true">↗</span></a>
        ${copyButton({ text: adminConsentUrl, label: say("permissions.copyLink") })}` : html`<span class="muted">${say("permissions.noLink")}</span>`}
      ${may("Operator", tenant.id) ? html`<button type="button" @click=${(/** @type {MouseEvent} */ event) => act(event.currentTarget, () => change(tenant, () => post(`/tenants/${tenant.id}/permissions/check`), say("permissions.checked")))}>${say("permissions.check")}</button>` : nothing}
      <small>${looked ? html`${say("permissions.checkedAt")} ${when(looked)}` : say("permissions.neverChecked")}</small>
    </p>`;
}

/** Runs a change; what it is refused with is said in the panel, which may lie in a window over the page. */
/** @param {Tenant} tenant @param {() => Promise<unknown>} run @param {string} text */
async function change(tenant, run, text) {
  refusals.delete(tenant.id);
  try {
    await run();
    tell(text);
  } catch (error) {
    refusals.set(tenant.id, error);
  }
  redraw();
}

/** @param {Tenant} tenant @param {Permission["state"]} state @param {Permission[]} list */
function group(tenant, state, list) {
  if (!list.length) return nothing;
  const table = html`<div class="scroll"><table class="table">
    <thead><tr><th scope="col">${say("permissions.name")}</th><th scope="col">${say("permissions.kind")}</th>
      <th scope="col">${say("permissions.access")}</th><th scope="col">${say("permissions.types")}</th>
      <th scope="col"><span class="unseen">${say("permissions.actions")}</span></th></tr></thead>
    <tbody>${list.map((one) => row(tenant, one))}</tbody></table></div>`;
  const head = html`<span class="badge ${LOOKS[state]}">${say(`permissions.state.${state}`)}</span> ${say.count("permissions.count", list.length)}`;
  return state === "granted"
    ? html`<details class="group"><summary><h3>${head}</h3></summary>${table}</details>`
    : html`<section class="group"><h3>${head}</h3><p class="muted">${say(`permissions.means.${state}`)}</p>${table}</section>`;
}

/** @param {Tenant} tenant @param {Permission} one */
const row = (tenant, one) => html`<tr>
  <th scope="row"><code>${one.name}</code>
    ${one.updated ? html`<span class="badge info">${say("permissions.updated")}</span>` : nothing}
    ${one.optional ? html`<span class="badge">${say("permissions.optional")}</span>` : nothing}</th>
  <td>${say(`permissions.kinds.${one.kind}`)}</td>
  <td>${say(`permissions.accesses.${one.access}`)}</td>
  <td>${needs(one)}</td>
  <td>${toggle(tenant, one)}</td>
</tr>`;

const FEW = 4;

/** What needs a permission. @param {Permission} one */
function needs({ types }) {
  const titles = types.map(typeTitle).sort((a, b) => a.localeCompare(b));
  if (titles.length <= FEW) return titles.join(", ");
  return html`<details><summary>${say.count("permissions.needs", titles.length)}</summary>
    <ul>${titles.map((title) => html`<li>${title}</li>`)}</ul></details>`;
}

/** Ignoring a permission, and taking that back. @param {Tenant} tenant @param {Permission} one */
function toggle(tenant, one) {
  if (!may("Administrator", tenant.id)) return nothing;
  const path = `/tenants/${tenant.id}/permissions/${one.id}/ignore`;
  if (one.state === "ignored") {
    const restore = () => change(tenant, () => remove(path), say("permissions.restored", { name: one.name }));
    return html`<button type="button" aria-label="${say("permissions.restore")}: ${one.name}"
      @click=${(/** @type {MouseEvent} */ event) => act(event.currentTarget, restore)}>${say("permissions.restore")}</button>`;
  }
  if (one.state !== "required") return nothing;
  const ignore = () => change(tenant, () => post(path), say("permissions.ignoredNow", { name: one.name }));
  return html`<button type="button" aria-label="${say("permissions.ignore")}: ${one.name}" title=${say(ignoring(one))}
    @click=${(/** @type {MouseEvent} */ event) => act(event.currentTarget, ignore)}>${say("permissions.ignore")}</button>`;
}

/** What doing without a permission means. @param {Permission} one */
const ignoring = ({ optional, kind }) =>
  optional || kind === "delegated" ? "permissions.ignoreKeeps" : "permissions.ignoreDrops";
