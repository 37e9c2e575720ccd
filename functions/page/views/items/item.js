// One item: its content and what lies beside it, its history, its differences, and what can be done with it.
import { html, ifDefined, nothing } from "../../core/view.js";
import { get } from "../../core/api.js";
import { may } from "../../core/session.js";
import { say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { loaded } from "../tenant/loaded.js";
import { copyButton, drawn, moreButton, short } from "../tenant/parts.js";
import { shownName, titleOf } from "../tenant/settings-types.js";
import { at, itemPath, linkedIn, nameOf } from "./addresses.js";
import { commitRows } from "./commits.js";
import { comparePanel } from "./compare.js";
import { copyToTenants } from "./copy.js";
import { editPanel } from "./edit.js";
import { jsonText } from "./json.js";
import { pointNamed, points } from "./points.js";
import { removeItem, restoreItems } from "./restore.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../core/router.js").Route} Route */

/**
 * @param {Tenant} tenant
 * @param {Route} route
 * @param {string} path
 * @param {string} stamp
 */
export function itemPanel(tenant, route, path, stamp) {
  const ref = route.params.get("ref"), show = route.params.get("show") ?? "content";
  const type = path.split("/")[1] ?? "";
  const name = `item/${tenant.id}/${path}@${ref ?? ""}`;
  const asked = loaded(name, () => get(itemPath(tenant.id, path, { ref })), stamp);
  const title = shownName({ type, name: asked.value?.name ?? nameOf(path) });
  const one = { path, name: title, type }, operator = may("Operator", tenant.id);
  return html`<div class="item-view">
    <p class="crumbs"><a data-link href=${at(tenant.id, { ref })}>${say("items.title")}</a> ›
      <a data-link href=${at(tenant.id, { ref, type })}>${titleOf(type)}</a></p>
    <div class="row item-head"><h2>${title}</h2><span class="grow"></span>
      ${!operator || show === "edit" || ref || !asked.value ? nothing : html`<a class="button primary" data-link href=${at(tenant.id, { type, item: path, show: "edit" })}>${say("items.edit")}</a>`}
      ${asked.value ? html`<button type="button" aria-haspopup="dialog" @click=${() => copyToTenants(tenant, [one], ref)}>${say("items.copy")}</button>` : nothing}
      ${ref && operator ? html`<button type="button" aria-haspopup="dialog" @click=${() => restoreItems(tenant, [one], ref)}>${say("items.restoreItem")}</button>` : nothing}
      ${!operator || ref || !asked.value ? nothing : html`<button type="button" class="quiet" aria-haspopup="dialog" @click=${() => removeItem(tenant, one)}>${say("items.remove")}</button>`}
    </div>
    <p class="muted"><code>${path}</code></p>
    ${ref ? past(tenant, path, ref, type) : nothing}
    ${parts(tenant, path, ref, type, show)}
    ${show === "history" ? history(tenant, one, stamp)
      : show === "compare" ? comparePanel(tenant, route, path, stamp)
        : drawn(asked, name, (value) => (show === "edit" && !ref && operator ? editPanel(tenant, value) : content(tenant, value)))}
  </div>`;
}

/**
 * @param {Tenant} tenant
 * @param {string} path
 * @param {string} ref
 * @param {string} type
 */
function past(tenant, path, ref, type) {
  const commit = pointNamed(tenant.id, ref);
  return html`<div class="notice row"><p>${commit ? html`${say("items.itemAsOf")} ${when(commit.at)} (${short(ref)})` : html`${say("items.itemAsOfCommit")} ${short(ref)}`}</p>
    <a class="button" data-link href=${at(tenant.id, { type, item: path })}>${say("items.backToNow")}</a></div>`;
}

/**
 * @param {Tenant} tenant
 * @param {string} path
 * @param {string | null} ref
 * @param {string} type
 * @param {string} show
 */
function parts(tenant, path, ref, type, show) {
  const names = { content: say("items.content"), history: say("items.history"), compare: say("items.differences") };
  return html`<nav class="tabs small" aria-label=${say("items.views")}>${Object.entries(names).map(([key, label]) => html`<a data-link
    href=${at(tenant.id, { type, item: path, ref, show: key === "content" ? null : key })} aria-current=${ifDefined(key === show ? "page" : undefined)}>${label}</a>`)}</nav>`;
}

/**
 * @param {Tenant} tenant
 * @param {import("../../api.d.ts").Item} value
 */
function content(tenant, value) {
  const linked = linkedIn(tenant.id);
  return html`<div class="file"><div class="file-head"><span>${say("items.json")}</span>${copyButton(value.text, say("items.copyJson"))}</div>
      ${jsonText(value.text, linked, say("items.json"))}</div>
    ${Object.entries(value.beside ?? {}).map(([name, text]) => html`<div class="file"><div class="file-head"><code>${name}</code>
      ${copyButton(text, say("items.copyFile", { name }))}</div><pre tabindex="0" role="region" aria-label=${name}>${text}</pre></div>`)}`;
}

/**
 * @param {Tenant} tenant
 * @param {{path: string, name: string, type: string}} one
 * @param {string} stamp
 */
function history(tenant, one, stamp) {
  const asked = points(tenant.id, one.path, stamp, 25);
  return drawn(asked, `points/${tenant.id}/${one.path}`, ({ value }) => html`
    ${value.length ? commitRows(tenant, value, (commit) => commit === value[0] ? html`<span class="badge">${say("items.newest")}</span>` : html`
      <a class="button" data-link href=${at(tenant.id, { type: one.type, item: one.path, ref: commit.id })}>${say("items.view")}</a>
      <a class="button" data-link href=${at(tenant.id, { type: one.type, item: one.path, show: "compare", from: commit.id })}>${say("items.compareNow")}</a>
      ${may("Operator", tenant.id) ? html`<button type="button" aria-haspopup="dialog" @click=${() => restoreItems(tenant, [one], commit.id)}>${say("items.restoreItem")}</button>` : nothing}`)
      : html`<p class="empty">${say("items.noHistory")}</p>`}${moreButton(asked.more)}`);
}
