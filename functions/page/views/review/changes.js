// The list of changes: by workload, by type, each with its properties once somebody opens it.
import { get } from "../../core/api.js";
import { failed } from "../../core/message.js";
import { href } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { html, nothing, repeat } from "../../core/view.js";
import { at, linkedIn } from "../items/addresses.js";
import { syncPath } from "../status/actions.js";
import { byType } from "./state.js";
import { typeTitle, workloadTitle } from "./types.js";
import { beside, change as compared, isCut, isLong, lineDifference, pathText, side, single } from "./values.js";

/** @typedef {import("../../api.d.ts").Change} Change */
/** @typedef {import("../../api.d.ts").Sync} Sync */
/** @typedef {import("./state.js").Review} Review */
/** @typedef {{sync: Sync, review: Review, deciding: boolean}} Context */
/** @typedef {{path: string, change: string, conflict: boolean, base?: unknown, tenant?: unknown, repository?: unknown}} Property */

const SIGNS = { create: "+", update: "~", delete: "−" };

/** The changes that are shown, by workload. @param {Context} context @param {Change[]} shown */
export function grouped(context, shown) {
  if (!shown.length) return html`<p class="empty">${say("review.nothingFound")}</p>`;
  /** @type {Map<string, Change[]>} */
  const workloads = new Map();
  for (const one of shown) {
    const name = one.path.split("/")[0] ?? "";
    workloads.set(name, [...(workloads.get(name) ?? []), one]);
  }
  return repeat(workloads, ([name]) => name, ([name, changes]) => html`<section class="workload" aria-labelledby="workload-${name}">
    <h2 id="workload-${name}">${workloadTitle(name)}</h2>
    ${repeat(byType(changes), ([type]) => type, ([type, found]) => ofType(context, type, found))}
  </section>`);
}

/** @param {Context} context @param {string} type @param {Change[]} changes */
function ofType(context, type, changes) {
  const { review, deciding } = context;
  const open = review.openTypes.has(type) || review.filtered;
  const possible = changes.filter((one) => review.choice.possible.has(one.id));
  const chosen = possible.filter((one) => review.choice.chosen.has(one.id)).length;
  const counts = /** @type {const} */ (["create", "update", "delete"]).map((action) => ({ action, n: changes.filter((one) => one.action === action).length }));
  /** @param {Event} event */
  const toggled = (event) => {
    const now = /** @type {HTMLDetailsElement} */ (event.currentTarget).open;
    if (now === open) return;
    if (now) review.openTypes.add(type);
    else review.openTypes.delete(type);
    review.touch();
  };
  return html`<div class="type-group">
    ${deciding ? html`<input type="checkbox" aria-label=${say("review.chooseType", { type: typeTitle(type) })}
      .checked=${chosen > 0 && chosen === possible.length} .indeterminate=${chosen > 0 && chosen < possible.length}
      ?disabled=${!possible.length} @change=${(/** @type {Event} */ event) => choose(review, possible, event)}>` : nothing}
    <details ?open=${open} @toggle=${toggled}>
      <summary><h3>${typeTitle(type)}</h3>
        ${counts.map(({ action, n }) => n ? html`<span class="badge ${action}"><span aria-hidden="true">${SIGNS[action]}</span> ${say.count(`review.mark.${action}`, n)}</span>` : nothing)}
        ${deciding && chosen < changes.length ? html`<small>${say("review.chosenOf", { chosen, total: changes.length })}</small>` : nothing}
      </summary>
      ${open ? html`<ul class="changes">${repeat(changes, (one) => one.id, (one) => item(context, one))}</ul>` : nothing}
    </details>
  </div>`;
}

/** Chooses changes or leaves them out, and says what else that took along. @param {Review} review @param {Change[]} changes @param {Event} event */
function choose(review, changes, event) {
  const wanted = /** @type {HTMLInputElement} */ (event.target).checked, ids = changes.map((one) => one.id);
  const more = wanted ? review.choice.add(ids) : review.choice.remove(ids);
  const names = more.slice(0, 5).map((one) => one.item).join(", ") + (more.length > 5 ? " …" : "");
  review.note = more.length ? say.count(wanted ? "review.alsoChosen" : "review.alsoLeft", more.length, { names }) : "";
  review.touch();
}

/** @param {Context} context @param {Change} one */
function item(context, one) {
  const { review, deciding } = context, open = review.open.has(one.id), possible = review.choice.possible.has(one.id);
  /** @param {Event} event */
  const toggled = (event) => {
    const now = /** @type {HTMLDetailsElement} */ (event.currentTarget).open;
    if (now === open) return;
    if (now) review.open.add(one.id);
    else review.open.delete(one.id);
    review.touch();
  };
  return html`<li class="change ${one.action}" id="change-${one.id}">
    ${deciding ? html`<input type="checkbox" aria-label=${say("review.choose", { item: one.item })} .checked=${review.choice.chosen.has(one.id)}
      ?disabled=${!possible} @change=${(/** @type {Event} */ event) => choose(review, [one], event)}>` : nothing}
    <details ?open=${open} @toggle=${toggled}>
      <summary><span class="badge ${one.action}"><span aria-hidden="true">${SIGNS[one.action]}</span> ${say(`review.action.${one.action}`)}</span>
        <span class="name">${one.item}</span>
        ${one.action === "update" ? html`<small>${say.count("review.properties", one.properties.length)}</small>` : nothing}
        ${one.conflict ? html`<span class="badge warn">${say("review.conflictBadge")}</span>` : nothing}
        ${one.blocked ? html`<span class="badge bad">${say("review.blockedBadge")}</span>` : nothing}
        ${one.result ? html`<span class="badge ${resultLook(one.result)}">${say(`review.result.${one.result}`)}</span>` : nothing}
        ${one.heldBy ? html`<span class="badge info">${say("review.held")}</span>` : nothing}
      </summary>
      ${open ? details(context, one) : nothing}
    </details>
  </li>`;
}

/** @param {string} result */
export const resultLook = (result) => ({ applied: "good", failed: "bad", stale: "warn", skipped: "warn" })[result] ?? "";

/** @param {Context} context @param {Change} change */
function details(context, change) {
  const { sync, review } = context, one = review.whole.get(change.id) ?? change;
  /** @type {import("./values.js").Linked} */
  const linked = (type, name) => {
    const other = review.byName.get(`${type}:${name}`);
    return other ? href({ tenant: sync.tenant, sync: sync.id, view: "review", change: other.id }) : linkedIn(sync.tenant)(type, name);
  };
  const cut = /** @type {Property[]} */ (one.properties).some((it) => isCut(it.base) || isCut(it.tenant) || isCut(it.repository));
  return html`<div class="inside">
    <p class="row"><a class="mono" data-link href=${at(sync.tenant, { type: one.type, item: one.path })}>${one.path}</a></p>
    ${one.blocked ? html`<div class="note bad"><p><b>${say("review.blockedWhy")}</b> ${one.blocked.detail}</p>${remedy(sync, one)}</div>` : nothing}
    ${!one.blocked && !review.choice.possible.has(one.id) ? html`<p class="note">${say("review.dependsBlocked")}</p>` : nothing}
    ${one.conflict ? html`<p class="note">${say("review.conflictWhy")}</p>` : nothing}
    ${one.error ? html`<div class="note bad"><p><b>${one.error.message}</b></p>${one.error.detail ? html`<p>${one.error.detail}</p>` : nothing}<p>${one.error.advice}</p>
      ${one.error.requestId ? html`<p><small>${say("status.requestId")} <code>${one.error.requestId}</code></small></p>` : nothing}</div>` : nothing}
    ${depends(context, one)}
    ${one.action === "update" || !one.properties.length ? nothing : html`<p class="muted">${say(one.action === "create" ? "review.wouldHave" : "review.wouldGo")}</p>`}
    ${/** @type {Property[]} */ (one.properties).map((it) => property(one, it, linked))}
    ${cut ? html`<p><button type="button" @click=${() => load(context, change)}>${say("review.loadWhole")}</button></p>` : nothing}
  </div>`;
}

/** What else has to be deployed first, as links. @param {Context} context @param {Change} one */
function depends({ sync, review }, one) {
  const others = [...one.dependsOn, ...(one.replaces ? [one.replaces] : [])].flatMap((id) => review.choice.byId.get(id) ?? []);
  if (!others.length) return nothing;
  return html`<p><small>${say("review.dependsOn")}</small> ${others.map((other, index) => html`${index ? ", " : nothing}<a data-link
    href=${href({ tenant: sync.tenant, sync: sync.id, view: "review", change: other.id })}>${other.summary}</a>`)}</p>`;
}

/** What can be done about a blocked change from here. @param {Sync} sync @param {Change} change */
function remedy(sync, { blocked, path, type }) {
  const tab = { permissionMissing: "permissions", needsUser: "settings", protected: "settings" }[/** @type {string} */ (blocked?.code)];
  const url = tab ? href({ tenant: sync.tenant, tab }) : at(sync.tenant, { type, item: path });
  return html`<p><a data-link href=${url}>${say(tab ? `review.remedy.${tab}` : "review.remedy.item")}</a></p>`;
}

/** @param {Change} one @param {Property} it @param {import("./values.js").Linked} linked */
function property(one, it, linked) {
  const [base, tenant, repository] = [side(it, "base"), side(it, "tenant"), side(it, "repository")];
  const names = { before: say("review.tenantNow"), after: say("review.willBe") };
  const head = html`<p class="path">${pathText(it.path, linked)}${it.conflict ? html` <span class="badge warn">${say("review.conflictBadge")}</span>` : nothing}</p>`;
  if (one.action !== "update" && !it.conflict) {
    const [value, look] = one.action === "create" ? [repository, "new"] : [tenant, "old"];
    return html`<div class="property ${isLong(value.value) ? "" : "brief"}">${head}<div class="sides ${look}">${single(value, linked)}</div></div>`;
  }
  if (!it.conflict) return html`<div class="property">${head}${compared(tenant, repository, names, linked)}</div>`;
  const three = beside([
    { name: say("review.base"), value: base },
    { name: say("review.tenantChanged"), value: tenant, look: "old" },
    { name: say("review.repositoryWins"), value: repository, look: "new" },
  ], linked);
  const long = tenant.has && repository.has && !isCut(tenant.value) && !isCut(repository.value) && (isLong(tenant.value) || isLong(repository.value));
  return html`<div class="property conflict">${head}${three}
    ${long ? html`<details><summary>${say("review.lines")}</summary>${lineDifference(tenant, repository, linked)}</details>` : nothing}</div>`;
}

/** Reads the values of a change whole. @param {Context} context @param {Change} one */
async function load({ sync, review }, one) {
  try {
    review.whole.set(one.id, await get(`${syncPath(sync.tenant, sync.id)}/changes/${one.id}`));
    review.touch();
  } catch (error) {
    failed(error);
  }
}

