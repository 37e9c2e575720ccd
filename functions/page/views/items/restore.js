// Putting items, or the whole repository, back to what they were; and removing an item. Each is one commit.
import { html, nothing } from "../../core/view.js";
import { act } from "../../core/act.js";
import { page, post, remove } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { go } from "../../core/router.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { loaded } from "../tenant/loaded.js";
import { drawn, short } from "../tenant/parts.js";
import { at, itemPath } from "./addresses.js";
import { inOneLine } from "./commits.js";
import { commentField } from "./comment.js";
import { differenceList } from "./differences.js";
import { committed, promise } from "./made.js";
import { differences, pointAt, pointNamed, points } from "./points.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {{path: string, name: string, type: string}} One */

/** A stamp for what a window shows: what it shows is read when it opens. */
let opened = 0;

/**
 * What a restore would change: the repository now, against what it was.
 * @param {Tenant} tenant
 * @param {string} ref
 * @param {string | null} path
 * @param {string} stamp
 */
function preview(tenant, ref, path, stamp) {
  const name = `differences/${tenant.id}/restore/${ref}/${path ?? ""}`;
  const asked = loaded(name, () => differences(tenant.id, { from: "main", to: ref, path }), stamp);
  return drawn(asked, name, (found) => differenceList(tenant.id, found, { before: say("items.now"), after: say("items.restored") }));
}

/**
 * @param {Tenant} tenant
 * @param {string} ref
 * @param {string[] | null} paths null: everything
 * @param {string} comment
 */
async function restore(tenant, ref, paths, comment) {
  const made = await post(`/tenants/${tenant.id}/copy`, { from: { ref }, ...(paths ? { paths } : {}), ...(comment ? { comment } : {}) });
  committed(tenant, { commit: made.files ? made.commit : null, text: made.files ? say.count("items.restoredFiles", made.files) : say("items.alreadySo") });
}

/**
 * *Restore this item*: one or several as they were at a point.
 * @param {Tenant} tenant
 * @param {One[]} items
 * @param {string} ref
 */
export function restoreItems(tenant, items, ref) {
  let comment = "";
  const stamp = `restore ${++opened}`, single = items.length === 1 ? items[0] : null;
  const dialog = openDialog({
    wide: true,
    title: () => (single ? say("items.restoreTitle", { name: single.name }) : say.count("items.restoreMany", items.length)),
    body: () => html`<p>${point(tenant, ref)}</p>
      ${single ? preview(tenant, ref, single.path, stamp) : html`<ul>${items.map((one) => html`<li>${one.name}</li>`)}</ul>`}
      ${commentField(comment, (value) => { comment = value; })}${promise()}`,
    actions: () => html`<button type="button" class="primary" @click=${(/** @type {Event} */ event) =>
      act(event.currentTarget, async () => {
        await restore(tenant, ref, items.map((one) => one.path), comment);
        dialog.close();
      })}>${single ? say("items.restoreItem") : say("items.restoreThese")}</button>`,
  });
}

/**
 * @param {Tenant} tenant
 * @param {string} ref
 */
function point(tenant, ref) {
  const commit = pointNamed(tenant.id, ref);
  return html`${say("items.asItWas")} ${commit ? html`${when(commit.at)} (${short(ref)})` : short(ref)}`;
}

/**
 * *Restore to this date*: the whole repository as it was at a date or a commit.
 * @param {Tenant} tenant
 * @param {string} [chosen]
 */
export function restoreToDate(tenant, chosen = "") {
  let ref = chosen, comment = "", missing = false;
  const stamp = `restore ${++opened}`;
  const find = async (/** @type {string} */ text) => {
    missing = false;
    if (!text) return;
    const found = await pointAt(tenant.id, new Date(text));
    missing = !found;
    ref = found?.id ?? "";
    redraw();
  };
  const dialog = openDialog({
    wide: true,
    title: () => say("items.restoreDateTitle", { tenant: tenant.displayName }),
    body: () => html`<div class="compare">
        <label class="field">${say("items.date")}<input type="datetime-local" max=${localNow()} @change=${(/** @type {Event} */ event) =>
          act(event.target, () => find(/** @type {HTMLInputElement} */ (event.target).value))}></label>
        <label class="field">${say("items.orCommit")}<select @change=${(/** @type {Event} */ event) => {
          [ref, missing] = [/** @type {HTMLSelectElement} */ (event.target).value, false];
          redraw();
        }}><option value="">${say("items.chooseCommit")}</option>
          ${choices(tenant, ref, stamp).map((one) => html`<option value=${one.id} .selected=${one.id === ref}>${inOneLine(one)}</option>`)}</select></label></div>
      ${missing ? html`<p class="fault" role="alert">${say("items.noSuchDate")}</p>` : nothing}
      ${ref ? html`<p>${point(tenant, ref)} <a data-link href=${at(tenant.id, { ref })} @click=${() => dialog.close()}>${say("items.browse")}</a></p>
        ${preview(tenant, ref, null, stamp)}` : nothing}
      ${commentField(comment, (value) => { comment = value; })}${promise()}`,
    actions: () => html`<button type="button" class="primary" ?disabled=${!ref} @click=${(/** @type {Event} */ event) =>
      act(event.currentTarget, async () => {
        await restore(tenant, ref, null, comment);
        dialog.close();
      })}>${say("items.restoreDateDo")}</button>`,
  });
}

/**
 * The commits to choose from, with the one that is chosen.
 * @param {Tenant} tenant
 * @param {string} ref
 * @param {string} stamp
 */
function choices(tenant, ref, stamp) {
  const known = points(tenant.id, null, stamp).value?.value ?? [];
  const chosen = pointNamed(tenant.id, ref);
  return chosen && !known.some((one) => one.id === ref) ? [...known, chosen] : known;
}

/** Now, as a field for local times takes it. */
function localNow() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/**
 * Removes an item from the repository.
 * @param {Tenant} tenant
 * @param {One} item
 */
export function removeItem(tenant, item) {
  let comment = "";
  const dialog = openDialog({
    title: () => say("items.removeTitle", { name: item.name }),
    body: () => html`<p>${say("items.removeText")}</p>${commentField(comment, (value) => { comment = value; })}`,
    actions: () => html`<button type="button" class="danger" @click=${(/** @type {Event} */ event) =>
      act(event.currentTarget, async () => {
        await remove(itemPath(tenant.id, item.path, { comment }));
        dialog.close();
        go(at(tenant.id, { type: item.type }));
        const { value } = await page(`/tenants/${tenant.id}/commits?top=1`);
        committed(tenant, { commit: value[0]?.id ?? null, text: say("items.removed", { name: item.name }) });
      })}>${say("items.remove")}</button>`,
  });
}
