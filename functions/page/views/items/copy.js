// *Copy to tenants…*: the chosen items into the repositories of other tenants, one commit each.
import { html, live, nothing } from "../../core/view.js";
import { act } from "../../core/act.js";
import { post } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { tenants } from "../../core/live.js";
import { described } from "../../core/message.js";
import { href } from "../../core/router.js";
import { may } from "../../core/session.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { startSync } from "../status/actions.js";
import { short } from "../tenant/parts.js";
import { commentField } from "./comment.js";
import { promise, stale } from "./made.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {{path: string, name: string}} One */
/** @typedef {{path: string, type: string, name: string, reference: string}} Lack */
/** @typedef {{tenant: Tenant, commit: string | null, files: number, unresolved: Lack[], error: string, started: boolean}} Result */

const SHOWN = 200;

/**
 * @param {Tenant} source
 * @param {One[]} items
 * @param {string | null} ref
 */
export function copyToTenants(source, items, ref) {
  /** @type {Set<string>} */
  const targets = new Set();
  /** @type {Result[]} */
  const results = [];
  let comment = "", search = "", done = false;
  const others = tenants().filter((one) => one.id !== source.id && may("Operator", one.id));
  const copy = async () => {
    for (const tenant of others.filter((one) => targets.has(one.id))) {
      results.push(await copied(source, tenant, items, ref ?? "main", comment));
      redraw();
    }
    done = true;
    redraw();
  };
  openDialog({
    wide: true,
    title: () => say.count("items.copyTitle", items.length, { name: items[0]?.name ?? "" }),
    body: () => (results.length ? outcomes(results) : html`
      ${items.length > 1 ? html`<details><summary>${say.count("items.chosen", items.length)}</summary><ul>${items.slice(0, SHOWN).map((one) => html`<li>${one.name}</li>`)}</ul></details>` : nothing}
      ${others.length ? choose(others, targets, search, (value) => { search = value; redraw(); }) : html`<p class="empty">${say("items.noOthers")}</p>`}
      ${commentField(comment, (value) => { comment = value; })}${promise()}`),
    actions: () => (done || results.length ? nothing : html`<button type="button" class="primary" ?disabled=${!targets.size} @click=${(/** @type {Event} */ event) =>
      act(event.currentTarget, copy)}>${targets.size ? say.count("items.copyDo", targets.size) : say("items.copyNone")}</button>`),
  });
}

/**
 * @param {Tenant[]} others
 * @param {Set<string>} targets
 * @param {string} search
 * @param {(value: string) => void} seek
 */
function choose(others, targets, search, seek) {
  const wanted = search.trim().toLocaleLowerCase();
  const found = others.filter((one) => !wanted || `${one.displayName} ${one.id}`.toLocaleLowerCase().includes(wanted));
  const put = (/** @type {Tenant[]} */ some, /** @type {boolean} */ on) => {
    for (const one of some) targets[on ? "add" : "delete"](one.id);
    redraw();
  };
  return html`<fieldset class="targets"><legend>${say("items.targets")}</legend>
    <div class="row"><input type="search" aria-label=${say("items.targetSearch")} placeholder=${say("items.targetSearch")} .value=${live(search)}
        @input=${(/** @type {Event} */ event) => seek(/** @type {HTMLInputElement} */ (event.target).value)}>
      <button type="button" class="quiet" @click=${() => put(found, true)}>${say("items.targetAll")}</button>
      <button type="button" class="quiet" @click=${() => put(found, false)}>${say("items.targetNone")}</button></div>
    <div class="target-list">${found.slice(0, SHOWN).map((one) => html`<label class="choice"><input type="checkbox" .checked=${live(targets.has(one.id))}
      @change=${(/** @type {Event} */ event) => put([one], /** @type {HTMLInputElement} */ (event.target).checked)}><span>${one.displayName} <small>${one.id}</small></span></label>`)}</div>
    ${found.length > SHOWN ? html`<p class="muted">${say("items.targetMore")}</p>` : nothing}</fieldset>`;
}

/**
 * @param {Tenant} source
 * @param {Tenant} tenant
 * @param {One[]} items
 * @param {string} ref
 * @param {string} comment
 * @returns {Promise<Result>}
 */
async function copied(source, tenant, items, ref, comment) {
  const body = { from: { tenant: source.id, ref }, paths: items.map((one) => one.path), ...(comment ? { comment } : {}) };
  try {
    const { commit, files, unresolved } = await post(`/tenants/${tenant.id}/copy`, body);
    stale(tenant.id);
    return { tenant, commit, files, unresolved, error: "", started: false };
  } catch (error) {
    return { tenant, commit: null, files: 0, unresolved: [], error: described(error), started: false };
  }
}

/** @param {Result[]} results */
function outcomes(results) {
  return html`<p role="status">${say("items.promiseMany")}</p><ul class="outcomes">${results.map((one) => html`<li class="card">
    <div class="row"><b>${one.tenant.displayName}</b>
      ${one.error ? html`<span class="badge bad">${say("items.copyFailed")}</span>`
        : one.commit ? html`<span class="badge good">${say.count("items.files", one.files)}</span> ${short(one.commit)}` : html`<span class="badge">${say("items.alreadySo")}</span>`}
      <span class="grow"></span>${one.commit ? start(one) : nothing}</div>
    ${one.error ? html`<p class="fault">${one.error}</p>` : nothing}
    ${one.unresolved.length ? html`<p>${say.count("items.unresolved", one.unresolved.length)}</p>
      <ul>${one.unresolved.map((lack) => html`<li><code>${lack.reference}</code> <small>${lack.path}</small></li>`)}</ul>` : nothing}</li>`)}</ul>`;
}

/** @param {Result} one */
function start(one) {
  if (one.started) return html`<a class="button" href=${href({ tenant: one.tenant.id })} data-link>${say("items.started")}</a>`;
  return html`<button type="button" aria-label=${say("items.startSyncOf", { tenant: one.tenant.displayName })} @click=${(/** @type {Event} */ event) =>
    act(event.currentTarget, async () => {
      await startSync(one.tenant);
      one.started = true;
      redraw();
    })}>${say("items.startSync")}</button>`;
}
