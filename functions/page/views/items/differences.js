// Differences between two points, item by item and property by property.
import { html, nothing, repeat } from "../../core/view.js";
import { number, say } from "../../core/texts.js";
import { change, pathText, side, single } from "../review/values.js";
import { redraw } from "../../core/state.js";
import { shownName, titleOf } from "../tenant/settings-types.js";
import { at, linkedIn } from "./addresses.js";

/** @typedef {import("../../api.d.ts").Difference} Difference */

const STEP = 50;
/** How many are shown, of which list. @type {WeakMap<Difference[], number>} */
const shown = new WeakMap();

/** @typedef {{before: string, after: string, only?: {before: string, after: string, id: string}}} Names `only`: the tenants, where they are two, and the id of the second */

/** @param {Names} names */
const actions = ({ only }) => ({
  create: { look: "good", name: only ? say("items.onlyIn", { tenant: only.after }) : say("items.created") },
  update: { look: "info", name: say("items.updated") },
  delete: { look: "bad", name: only ? say("items.onlyIn", { tenant: only.before }) : say("items.deleted") },
});

/**
 * @param {string} tenant
 * @param {Difference[]} found
 * @param {Names} names
 */
export function differenceList(tenant, found, names) {
  if (!found.length) return html`<p class="empty">${say("items.same")}</p>`;
  const many = shown.get(found) ?? STEP;
  const open = found.length <= 5, looks = actions(names);
  return html`${counts(found, names)}
    <div class="differences">${repeat(found.slice(0, many), (one) => one.path, (one) => html`<details class="card difference" ?open=${open}>
      <summary><span class="badge ${looks[one.action].look}">${looks[one.action].name}</span>
        <b>${shownName(one)}</b> <span class="muted">${titleOf(one.type)}</span></summary>
      ${properties(tenant, one, names)}</details>`)}</div>
    ${found.length > many ? html`<p class="more"><button type="button" @click=${() => { shown.set(found, many + STEP); redraw(); }}>${
      say.count("items.showMore", found.length - many)}</button></p>` : nothing}`;
}

/**
 * @param {Difference[]} found
 * @param {Names} names
 */
function counts(found, names) {
  const by = Object.entries(actions(names)).map(([key, { look, name }]) => ({ look, name, many: found.filter((one) => one.action === key).length }));
  return html`<p class="row" role="status">${say.count("items.differ", found.length)}
    ${by.filter((one) => one.many).map((one) => html`<span class="badge ${one.look}">${number(one.many)} ${one.name}</span>`)}</p>`;
}

/**
 * @param {string} tenant
 * @param {Difference} one
 * @param {Names} names
 */
function properties(tenant, one, names) {
  const linked = linkedIn(tenant);
  return html`${one.fault ? html`<p class="fault">${one.fault}</p>` : nothing}<p><a data-link href=${at(names.only && one.action === "create" ? names.only.id : tenant, { type: one.type, item: one.path })}><code>${one.path}</code></a></p>
    ${one.action === "update" ? one.properties.map((property) => html`<section class="property"><h3>${pathText(property.path, linked)}</h3>
      ${change(side(property, "from"), side(property, "to"), names, linked)}</section>`)
      : html`<dl class="whole ${one.action}">${one.properties.map((property) => html`<div><dt>${pathText(property.path, linked)}</dt>
        <dd>${single(side(property, one.action === "create" ? "to" : "from"), linked)}</dd></div>`)}</dl>`}`;
}
