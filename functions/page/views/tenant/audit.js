// The audit trail of a tenant: who did what, when, by which client; filtered, and taken away as JSON lines.
import { html, nothing, repeat } from "../../core/view.js";
import { act } from "../../core/act.js";
import { all } from "../../core/api.js";
import { href } from "../../core/router.js";
import { redraw } from "../../core/state.js";
import { known, say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { listed } from "./loaded.js";
import { download, drawn, moreButton } from "./parts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Audit} Audit */

const MANY = 1000, ENOUGH = 50;
let action = "", person = "", of = "";

/**
 * @param {Tenant} tenant
 * @param {import("../../core/router.js").Route} route
 * @param {string} stamp
 */
export function auditPanel(tenant, route, stamp) {
  if (of !== tenant.id) [of, action, person] = [tenant.id, "", ""];
  const filtered = Boolean(action || person);
  const path = `/tenants/${tenant.id}/audit`, name = `audit/${tenant.id}`;
  const asked = listed(name, path, `${stamp} ${tenant.activeSync} ${tenant.lastSync?.id}`, 50);
  return drawn(asked, name, ({ value, nextLink }) => {
    const found = value.filter(fits);
    // What is looked for may be far back: the trail is read on until enough of it is found.
    if (filtered && nextLink && !asked.busy && !asked.error && found.length < ENOUGH) void asked.more?.();
    return html`${filters(tenant, value)}
      ${found.length ? table(tenant, found) : asked.busy ? nothing : html`<p class="empty">${filtered ? say("tenant.auditNone") : say("tenant.auditEmpty")}</p>`}
      ${moreButton(asked.more)}`;
  });
}

/** @param {Audit} one */
function fits(one) {
  return (!action || one.action === action) && (!person || one.who.toLocaleLowerCase().includes(person.toLocaleLowerCase()));
}

/**
 * @param {Tenant} tenant
 * @param {Audit[]} entries
 */
function filters(tenant, entries) {
  const actions = [...new Set(entries.map((one) => one.action)), ...(action ? [action] : [])];
  const people = [...new Set(entries.map((one) => one.who))].sort();
  return html`<div class="toolbar">
    <label class="inline">${say("tenant.auditAction")} <select @change=${(/** @type {Event} */ event) => {
      action = /** @type {HTMLSelectElement} */ (event.target).value;
      redraw();
    }}><option value="">${say("tenant.auditAny")}</option>
      ${[...new Set(actions)].sort().map((one) => html`<option value=${one} .selected=${one === action}>${actionName(one)}</option>`)}</select></label>
    <label class="inline">${say("tenant.auditPerson")} <input type="search" list="audit-people" autocomplete="off" .value=${person} @input=${(/** @type {Event} */ event) => {
      person = /** @type {HTMLInputElement} */ (event.target).value.trim();
      redraw();
    }}></label><datalist id="audit-people">${people.map((one) => html`<option value=${one}></option>`)}</datalist>
    <span class="grow"></span>
    <button type="button" @click=${(/** @type {Event} */ event) => act(event.currentTarget, () => taken(tenant))}>${say("tenant.auditExport")}</button>
  </div>`;
}

/**
 * The whole trail, or what the filter leaves of it, one entry a line.
 * @param {Tenant} tenant
 */
async function taken(tenant) {
  const entries = (await all(`/tenants/${tenant.id}/audit?top=${MANY}`)).filter(fits);
  download(entries.map((one) => `${JSON.stringify(one)}\n`).join(""), `accord-audit-${tenant.id}.jsonl`, "application/jsonl");
}

/**
 * @param {Tenant} tenant
 * @param {Audit[]} entries
 */
function table(tenant, entries) {
  const heads = [say("tenant.auditAt"), say("tenant.auditWhat"), say("tenant.auditWho"), say("tenant.auditVia"), say("tenant.auditDetail")];
  return html`<div class="scroll"><table class="table stacks audit">
    <caption class="unseen">${say("tenant.tabAudit")}</caption>
    <thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
    <tbody>${repeat(entries, (one) => one.id, (one) => html`<tr>
      <td data-head=${heads[0]}>${when(one.at)}</td>
      <th scope="row" data-head=${heads[1]}>${actionName(one.action)} <small><code>${one.action}</code></small></th>
      <td data-head=${heads[2]}>${one.who}</td>
      <td data-head=${heads[3]}>${one.via}</td>
      <td data-head=${heads[4]}>${one.detail}${one.sync ? html` <a data-link href=${href({ tenant: tenant.id, sync: one.sync })}>${say("tenant.auditSync")}</a>` : nothing}
        ${one.digest ? html`<small title=${one.digest}>${say("tenant.auditDigest")} <code>${one.digest.slice(0, 15)}…</code></small>` : nothing}</td>
    </tr>`)}</tbody></table></div>`;
}

/**
 * An action in words; one that is newer than this page by its key.
 * @param {string} key
 */
function actionName(key) {
  return known(`tenant.action.${key}`) ? say(`tenant.action.${key}`) : key;
}
