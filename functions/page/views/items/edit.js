// An item's JSON in an editor: checked while it is written, saved as one commit over what was read.
import { html, nothing } from "../../core/view.js";
import { act } from "../../core/act.js";
import { get, post, put, Refusal } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { go } from "../../core/router.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { lineDifference } from "../review/values.js";
import { guardLeaving } from "../tenant/leaving.js";
import { at, itemPath, linkedIn } from "./addresses.js";
import { commentField } from "./comment.js";
import { editor, focusLine, parsed } from "./editor.js";
import { committed, promise } from "./made.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Item} Item */
/** @typedef {import("./editor.js").Placed} Placed */
/**
 * @typedef {object} Edit
 * @property {string} tenant
 * @property {Item} item as it was read
 * @property {string} text
 * @property {string} comment
 * @property {Placed[]} faults
 * @property {"checked" | "checking" | "unchecked"} state
 * @property {number} timer
 */

const PAUSE = 600;
/** @type {Map<string, Edit>} */
const edits = new Map();

/**
 * @param {Tenant} tenant
 * @param {Item} item
 */
export function editPanel(tenant, item) {
  const key = `${tenant.id} ${item.path}`;
  let edit = edits.get(key);
  if (!edit || (edit.text === edit.item.text && edit.item.blob !== item.blob)) {
    edit = { tenant: tenant.id, item, text: item.text, comment: "", faults: [], state: "checked", timer: 0 };
    edits.set(key, edit);
  }
  const one = edit;
  return html`<form class="edit" @submit=${(/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void save(tenant, one, event.submitter);
  }}>
    ${item.content === null ? html`<p class="notice error">${say("items.unreadable")}</p>` : nothing}
    ${promise()}
    ${editor({ label: say("items.editorOf", { name: item.name }), text: one.text, faults: one.faults, onInput: (text) => change(one, text) })}
    ${verdict(one)}
    ${Object.keys(item.beside).length ? html`<p class="advice">${say("items.besideText", { files: Object.keys(item.beside).join(", ") })}</p>` : nothing}
    ${commentField(one.comment, (value) => { one.comment = value; })}
    <p class="row"><button class="primary" ?disabled=${one.text === one.item.text}>${say("items.save")}</button>
      <button type="button" @click=${() => format(one)}>${say("items.format")}</button>
      <button type="button" class="quiet" @click=${() => leave(tenant, one)}>${say("items.cancel")}</button></p>
  </form>`;
}

/**
 * What the check says, each fault with the line it stands at.
 * @param {Edit} edit
 */
function verdict(edit) {
  const words = edit.state === "checking" ? say("items.checking")
    : edit.faults.length ? say.count("items.faults", edit.faults.length)
      : edit.state === "unchecked" ? say("items.unchecked") : edit.text === edit.item.text ? say("items.unchanged") : say("items.fine");
  return html`<div class="verdict ${edit.faults.length ? "wrong" : ""}" role="status"><p>${words}</p>
    ${edit.faults.length ? html`<ul>${edit.faults.map((one) => html`<li>
      <button type="button" class="quiet link" @click=${() => focusLine(one.line)}>${say("items.line", { n: one.line })}</button>
      ${one.path && !one.message.startsWith(one.path) ? html`<code>${one.path}</code> ` : nothing}${one.message}</li>`)}</ul>` : nothing}</div>`;
}

/**
 * @param {Edit} edit
 * @param {string} text
 */
function change(edit, text) {
  edit.text = text;
  edit.state = "checking";
  clearTimeout(edit.timer);
  edit.timer = setTimeout(() => check(edit), PAUSE);
  redraw();
}

/** @param {Edit} edit */
async function check(edit) {
  const { text } = edit;
  const read = parsed(text);
  if (read.faults.length) return settle(edit, text, read.faults, "checked");
  try {
    const { errors } = await post(`/tenants/${edit.tenant}/items/check`, { path: edit.item.path, content: read.content });
    settle(edit, text, read.placed(errors), "checked");
  } catch (error) {
    const faults = error instanceof Refusal && error.status === 422 ? read.placed(/** @type {any} */ (error.errors)) : [];
    settle(edit, text, faults, faults.length ? "checked" : "unchecked");
  }
}

/**
 * What was found out about a text, unless it has changed since.
 * @param {Edit} edit
 * @param {string} text
 * @param {Placed[]} faults
 * @param {Edit["state"]} state
 */
function settle(edit, text, faults, state) {
  if (edit.text !== text) return;
  Object.assign(edit, { faults, state });
  redraw();
}

/** @param {Edit} edit */
function format(edit) {
  const read = parsed(edit.text);
  if (read.faults.length) settle(edit, edit.text, read.faults, "checked");
  else change(edit, `${JSON.stringify(read.content, null, 2)}\n`);
}

/**
 * @param {Tenant} tenant
 * @param {Edit} edit
 */
function leave(tenant, edit) {
  edits.delete(`${edit.tenant} ${edit.item.path}`);
  go(at(tenant.id, { type: edit.item.type, item: edit.item.path }));
}

/**
 * @param {Tenant} tenant
 * @param {Edit} edit
 * @param {EventTarget | null} button
 */
function save(tenant, edit, button) {
  return act(button, async () => {
    const { text, item } = edit, read = parsed(text);
    if (read.faults.length) return settle(edit, text, read.faults, "checked");
    try {
      const made = await put(itemPath(tenant.id, item.path, { comment: edit.comment }), read.content, { etag: `"${item.blob}"` });
      const written = made.blob !== item.blob;
      leave(tenant, edit);
      committed(tenant, { commit: written ? made.commit : null, text: written ? say("items.saved", { name: made.name }) : say("items.alreadySo") });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 412) return overtaken(tenant, edit);
      if (error.status !== 422 || !error.errors.length) throw error;
      settle(edit, text, read.placed(/** @type {any} */ (error.errors)), "checked");
    }
  });
}

/**
 * Somebody else has changed the item meanwhile: both versions, and which of them is to stand.
 * @param {Tenant} tenant
 * @param {Edit} edit
 */
async function overtaken(tenant, edit) {
  const theirs = /** @type {Item} */ (await get(itemPath(tenant.id, edit.item.path)));
  /** @param {string} text */
  const take = (text) => {
    edit.item = theirs;
    change(edit, text);
    dialog.close();
  };
  const dialog = openDialog({
    wide: true,
    title: () => say("items.overtakenTitle", { name: theirs.name }),
    body: () => html`<p>${say("items.overtakenText")}</p>
      <p><span class="badge bad">− ${say("items.theirs")}</span> <span class="badge good">+ ${say("items.mine")}</span></p>
      ${lineDifference({ has: true, value: theirs.text }, { has: true, value: edit.text }, linkedIn(tenant.id))}`,
    actions: () => html`
      <button type="button" class="primary" @click=${() => take(edit.text)}>${say("items.keepMine")}</button>
      <button type="button" class="danger" @click=${() => take(theirs.text)}>${say("items.takeTheirs")}</button>`,
  });
}

guardLeaving(() => {
  const edit = [...edits.values()].find((one) => one.text !== one.item.text);
  return edit && {
    shows: (params) => params.get("tenant") === edit.tenant && params.get("item") === edit.item.path && params.get("show") === "edit",
    drop: () => edits.delete(`${edit.tenant} ${edit.item.path}`),
  };
});
