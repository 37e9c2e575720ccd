// Any two points of a repository compared, or a point of it with another tenant's.
import { html, live, nothing } from "../../core/view.js";
import { go } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { tenants } from "../../core/live.js";
import { loaded } from "../tenant/loaded.js";
import { drawn } from "../tenant/parts.js";
import { catalog, titleOf } from "../tenant/settings-types.js";
import { at } from "./addresses.js";
import { inOneLine } from "./commits.js";
import { differenceList } from "./differences.js";
import { differences, pointNamed, points } from "./points.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../core/router.js").Route} Route */

const MAIN = "main", STATE = "tenant";

/**
 * @param {Tenant} tenant
 * @param {Route} route
 * @param {string | null} path of one item; null: everything
 * @param {string} stamp
 */
export function comparePanel(tenant, route, path, stamp) {
  const [from, to, other, type] = ["from", "to", "other", "type"].map((name) => route.params.get(name) ?? "");
  const commits = points(tenant.id, path, stamp).value?.value ?? [];
  const others = other ? points(other, null, stamp).value?.value ?? [] : commits;
  // Without a choice: what the tenant holds against what the repository wants.
  const left = from || (other || path && commits[1] ? (other ? MAIN : commits[1].id) : STATE), right = to || MAIN;
  /** @param {Record<string, string | null>} change */
  const choose = (change) => go(at(tenant.id, { type, item: path, show: "compare", from, to, other, ...change }), { replace: true });
  const name = `differences/${tenant.id}/${left}/${right}/${other}/${type}/${path ?? ""}`;
  const query = { from: left, to: right, other, type: path ? null : type, path };
  const asked = loaded(name, () => differences(tenant.id, query), stamp);
  return html`
    ${path ? nothing : html`<p class="crumbs"><a data-link href=${at(tenant.id, { type })}>${say("items.title")}</a></p><h2>${say("items.compareTitle")}</h2>`}
    <form class="compare card" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${point(tenant.id, say("items.from"), left, commits, (value) => choose({ from: value }))}
      ${otherTenant(tenant, other, (value) => choose({ other: value, to: null }))}
      ${point(other || tenant.id, other ? say("items.toOther", { tenant: nameOfTenant(other) }) : say("items.to"), right, others, (value) => choose({ to: value }))}
      ${path ? nothing : typeChoice(type, (value) => choose({ type: value }))}
      <button type="button" ?disabled=${Boolean(other)} @click=${() => choose({ from: right, to: left })}>${say("items.swap")}</button>
    </form>
    ${drawn(asked, name, (found) => differenceList(tenant.id, found, {
      before: label(tenant.id, left), after: other ? `${nameOfTenant(other)}, ${label(other, right)}` : label(tenant.id, right),
      ...(other ? { only: { before: tenant.displayName, after: nameOfTenant(other), id: other } } : {}),
    }))}`;
}

/** @param {string} id */
function nameOfTenant(id) {
  return tenants().find((one) => one.id === id)?.displayName ?? id;
}

/**
 * A point in a few words.
 * @param {string} tenant
 * @param {string} ref
 */
function label(tenant, ref) {
  if (ref === MAIN) return say("items.now");
  if (ref === STATE) return say("items.state");
  const commit = pointNamed(tenant, ref);
  return commit ? inOneLine(commit) : ref.slice(0, 8);
}

/**
 * @param {string} tenant
 * @param {string} title
 * @param {string} value
 * @param {import("../../api.d.ts").Commit[]} commits
 * @param {(value: string) => void} set
 */
function point(tenant, title, value, commits, set) {
  const known = value === MAIN || value === STATE || commits.some((one) => one.id === value);
  return html`<label class="field">${title}<select @change=${(/** @type {Event} */ event) => set(/** @type {HTMLSelectElement} */ (event.target).value)}>
    <option value=${MAIN} .selected=${live(value === MAIN)}>${say("items.now")}</option>
    <option value=${STATE} .selected=${live(value === STATE)}>${say("items.state")}</option>
    ${known ? nothing : html`<option value=${value} .selected=${live(true)}>${label(tenant, value)}</option>`}
    ${commits.map((one) => html`<option value=${one.id} .selected=${live(one.id === value)}>${inOneLine(one)}</option>`)}
  </select></label>`;
}

/**
 * @param {Tenant} tenant
 * @param {string} other
 * @param {(value: string) => void} set
 */
function otherTenant(tenant, other, set) {
  return html`<label class="field">${say("items.with")}<select @change=${(/** @type {Event} */ event) => set(/** @type {HTMLSelectElement} */ (event.target).value)}>
    <option value="" .selected=${live(!other)}>${say("items.sameTenant", { tenant: tenant.displayName })}</option>
    ${tenants().filter((one) => one.id !== tenant.id).map((one) => html`<option value=${one.id} .selected=${live(one.id === other)}>${one.displayName}</option>`)}
  </select></label>`;
}

/**
 * @param {string} type
 * @param {(value: string) => void} set
 */
function typeChoice(type, set) {
  return html`<label class="field">${say("items.type")}<select @change=${(/** @type {Event} */ event) => set(/** @type {HTMLSelectElement} */ (event.target).value)}>
    <option value="" .selected=${live(!type)}>${say("items.allTypes")}</option>
    ${(catalog().value ?? []).map((one) => html`<option value=${one.key} .selected=${live(one.key === type)}>${titleOf(one.key)}</option>`)}
  </select></label>`;
}
