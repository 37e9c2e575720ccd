// Items by type: search, choose some, and what can be done with what was chosen.
import { html, ifDefined, live, nothing, repeat } from "../../core/view.js";
import { go } from "../../core/router.js";
import { may } from "../../core/session.js";
import { redraw } from "../../core/state.js";
import { number, say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { whole } from "../tenant/loaded.js";
import { drawn, short } from "../tenant/parts.js";
import { shownName, titleOf, workload } from "../tenant/settings-types.js";
import { at, queried } from "./addresses.js";
import { copyToTenants } from "./copy.js";
import { pointNamed } from "./points.js";
import { restoreItems, restoreToDate } from "./restore.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").ItemEntry} Item */
/** @typedef {import("../../core/router.js").Route} Route */

const STEP = 200;
/** What is chosen, of which list. */
let chosen = new Set(), of = "", shown = STEP;

/**
 * @param {Tenant} tenant
 * @param {Route} route
 * @param {string} stamp
 */
export function listPanel(tenant, route, stamp) {
  const [ref, type, search] = ["ref", "type", "search"].map((name) => route.params.get(name) ?? "");
  const place = `${tenant.id} ${ref}`;
  if (of !== `${place} ${type}`) {
    if (!of.startsWith(`${place} `)) chosen = new Set();
    [of, shown] = [`${place} ${type}`, STEP];
  }
  const name = `items/${tenant.id}/${ref}`;
  const asked = whole(name, `/tenants/${tenant.id}/items${queried({ ref, top: 1000 })}`, stamp);
  return html`${ref ? past(tenant, route, ref) : nothing}
    ${drawn(asked, name, (items) => items.length ? browse(tenant, route, items, { ref, type, search })
      : html`<p class="empty">${tenant.lastSync ? say("items.none") : say("items.noneYet")}</p>`)}`;
}

/**
 * That these are not the items of now.
 * @param {Tenant} tenant
 * @param {Route} route
 * @param {string} ref
 */
function past(tenant, route, ref) {
  const commit = pointNamed(tenant.id, ref);
  return html`<div class="notice row"><p>${commit ? html`${say("items.asOf")} ${when(commit.at)} (${short(ref)})` : html`${say("items.asOfCommit")} ${short(ref)}`}</p>
    <a class="button" data-link href=${at(tenant.id, { type: route.params.get("type") })}>${say("items.backToNow")}</a>
    ${may("Operator", tenant.id) ? html`<button type="button" aria-haspopup="dialog" @click=${() => restoreToDate(tenant, ref)}>${say("items.restoreThis")}</button>` : nothing}</div>`;
}

/**
 * @param {Tenant} tenant
 * @param {Route} route
 * @param {Item[]} items
 * @param {{ref: string, type: string, search: string}} filter
 */
function browse(tenant, route, items, { ref, type, search }) {
  const wanted = search.trim().toLocaleLowerCase();
  const found = items.filter((one) => (!type || one.type === type) && (!wanted || `${shownName(one)} ${one.path}`.toLocaleLowerCase().includes(wanted)));
  return html`<div class="items">
    ${types(tenant, items, { ref, type })}
    <div class="items-main">
      <div class="toolbar">
        <input type="search" class="grow-field" aria-label=${say("items.search")} placeholder=${say("items.search")} .value=${live(search)}
          @input=${(/** @type {Event} */ event) => go(at(tenant.id, { ref, type, search: /** @type {HTMLInputElement} */ (event.target).value }), { replace: true })}>
        <span class="muted" role="status">${say.count("items.count", found.length)}</span>
        <span class="grow"></span>
        <a class="button" data-link href=${at(tenant.id, { show: "compare", type })}>${say("items.compare")}</a>
        ${may("Operator", tenant.id) ? html`<button type="button" aria-haspopup="dialog" @click=${() => restoreToDate(tenant)}>${say("items.restoreDate")}</button>` : nothing}
      </div>
      ${selection(tenant, items, ref)}
      ${found.length ? table(tenant, found, { ref, all: !type }) : html`<p class="empty">${say("items.noMatch")}</p>`}
    </div></div>`;
}

/**
 * The types that have items, by workload, with how many.
 * @param {Tenant} tenant
 * @param {Item[]} items
 * @param {{ref: string, type: string}} filter
 */
function types(tenant, items, { ref, type }) {
  /** @type {Map<string, Map<string, number>>} */
  const workloads = new Map();
  for (const one of items) {
    const name = one.workload ?? one.path.split("/", 1)[0];
    const counted = workloads.get(name) ?? workloads.set(name, new Map()).get(name);
    counted?.set(one.type, (counted.get(one.type) ?? 0) + 1);
  }
  const link = (/** @type {string} */ key, /** @type {string} */ title, /** @type {number} */ many) => html`<li><a data-link
    href=${at(tenant.id, { ref, type: key })} aria-current=${ifDefined(key === type ? "true" : undefined)}><span>${title}</span> <span class="count">${number(many)}</span></a></li>`;
  return html`<nav class="item-types card" aria-label=${say("items.types")}>
    <ul>${link("", say("items.allTypes"), items.length)}</ul>
    ${[...workloads].map(([name, counted]) => html`<h2>${workload(name)}</h2><ul>${[...counted]
      .map(([key, many]) => /** @type {const} */ ([key, titleOf(key), many])).sort((one, other) => one[1].localeCompare(other[1]))
      .map(([key, title, many]) => link(key, title, many))}</ul>`)}
  </nav>`;
}

/**
 * What can be done with the chosen items.
 * @param {Tenant} tenant
 * @param {Item[]} items
 * @param {string} ref
 */
function selection(tenant, items, ref) {
  const some = items.filter((one) => chosen.has(one.path));
  return html`<div class="selection row" role="region" aria-label=${say("items.chosenBar")} ?hidden=${!some.length}>
    <b role="status">${say.count("items.chosen", some.length)}</b>
    <button type="button" class="primary" aria-haspopup="dialog" @click=${() => copyToTenants(tenant, some, ref || null)}>${say("items.copy")}</button>
    ${ref && may("Operator", tenant.id) ? html`<button type="button" aria-haspopup="dialog" @click=${() => restoreItems(tenant, some, ref)}>${say("items.restoreThese")}</button>` : nothing}
    <button type="button" class="quiet" @click=${() => choose([...chosen], false)}>${say("items.chooseNone")}</button></div>`;
}

/** @param {string[]} paths @param {boolean} on */
function choose(paths, on) {
  for (const path of paths) chosen[on ? "add" : "delete"](path);
  redraw();
}

/**
 * @param {Tenant} tenant
 * @param {Item[]} found
 * @param {{ref: string, all: boolean}} how
 */
function table(tenant, found, { ref, all }) {
  const some = found.slice(0, shown);
  const every = found.every((one) => chosen.has(one.path));
  return html`<table class="table items-table"><caption class="unseen">${say("items.title")}</caption>
    <thead><tr><th scope="col" class="box"><input type="checkbox" aria-label=${say("items.chooseAll")} .checked=${live(every)}
        .indeterminate=${!every && found.some((one) => chosen.has(one.path))} @change=${() => choose(found.map((one) => one.path), !every)}></th>
      <th scope="col">${say("items.name")}</th>${all ? html`<th scope="col" class="wide-only">${say("items.type")}</th>` : nothing}</tr></thead>
    <tbody>${repeat(some, (one) => one.path, (one) => html`<tr>
      <td class="box"><input type="checkbox" aria-label=${say("items.choose", { name: shownName(one) })} .checked=${live(chosen.has(one.path))}
        @change=${(/** @type {Event} */ event) => choose([one.path], /** @type {HTMLInputElement} */ (event.target).checked)}></td>
      <th scope="row"><a data-link href=${at(tenant.id, { ref, type: one.type, item: one.path })}>${shownName(one)}</a></th>
      ${all ? html`<td class="wide-only">${titleOf(one.type)}</td>` : nothing}</tr>`)}</tbody></table>
    ${found.length > shown ? html`<p class="more"><button type="button" @click=${() => { shown += STEP; redraw(); }}>${
      say.count("items.showMore", found.length - shown)}</button></p>` : nothing}`;
}
