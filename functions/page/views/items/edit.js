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
import { drafts, editedOf, withTexts } from "./beside.js";
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
 * @property {import("./beside.js").Texts} beside the long texts, as they are edited
 * @property {string} comment
 * @property {Placed[]} faults
 * @property {"checked" | "checking" | "unchecked"} state
 * @property {number} timer
 */

const PAUSE = 600, JSON_ID = "item-text";
/** @type {Map<string, Edit>} */
const edits = new Map();

/**
 * @param {Tenant} tenant
 * @param {Item} item
 */
export function editPanel(tenant, item) {
  const key = `${tenant.id} ${item.path}`;
  let edit = edits.get(key);
  if (!edit || (!changed(edit) && edit.item.blob !== item.blob)) {
    edit = { tenant: tenant.id, item, text: item.text, beside: drafts(item.beside), comment: "", faults: [], state: "checked", timer: 0 };
    edits.set(key, edit);
  }
  const one = edit;
  return html`<form class="edit" @submit=${(/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void save(tenant, one, event.submitter);
  }}>
    ${item.content === null ? html`<p class="notice error">${say("items.unreadable")}</p>` : nothing}
    ${promise()}
    ${editor({ id: JSON_ID, label: say("items.editorOf", { name: item.name }), text: one.text, faults: one.faults, onInput: (text) => change(one, text) })}
    ${Object.entries(one.beside).map(([name, text], index) => html`<h3>${name}</h3>
      ${editor({ id: `item-beside-${index}`, label: name, text, onInput: (edited) => {
        one.beside[name] = edited;
        change(one, one.text);
      } })}`)}
    ${verdict(one)}
    ${commentField(one.comment, (value) => { one.comment = value; })}
    <p class="row"><button class="primary" ?disabled=${!changed(one)}>${say("items.save")}</button>
      <button type="button" @click=${() => format(one)}>${say("items.format")}</button>
      <button type="button" class="quiet" @click=${() => leave(tenant, one)}>${say("items.cancel")}</button></p>
  </form>`;
}

/**
 * Whether there is something to save.
 * @param {Edit} edit
 */
function changed(edit) {
  return edit.text !== edit.item.text || editedOf(edit.item.beside, edit.beside).length > 0;
}

/**
 * What is sent: the JSON, with the edited long texts in it.
 * @param {Edit} edit
 * @param {unknown} content
 */
function sent(edit, content) {
  return withTexts(content, editedOf(edit.item.beside, edit.beside));
}

/**
 * What the check says, each fault with the line it stands at.
 * @param {Edit} edit
 */
function verdict(edit) {
  const words = edit.state === "checking" ? say("items.checking")
    : edit.faults.length ? say.count("items.faults", edit.faults.length)
      : edit.state === "unchecked" ? say("items.unchecked") : !changed(edit) ? say("items.unchanged") : say("items.fine");
  return html`<div class="verdict ${edit.faults.length ? "wrong" : ""}" role="status"><p>${words}</p>
    ${edit.faults.length ? html`<ul>${edit.faults.map((one) => html`<li>
      <button type="button" class="quiet link" @click=${() => focusLine(JSON_ID, one.line)}>${say("items.line", { n: one.line })}</button>
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
    const { errors } = await post(`/tenants/${edit.tenant}/items/check`, { path: edit.item.path, content: sent(edit, read.content) });
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
      const made = await put(itemPath(tenant.id, item.path, { comment: edit.comment }), sent(edit, read.content), { etag: `"${item.blob}"` });
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
  /** @param {boolean} mine */
  const take = (mine) => {
    const kept = mine ? Object.fromEntries(editedOf(edit.item.beside, edit.beside)) : {};
    edit.item = theirs;
    edit.beside = drafts({ ...theirs.beside, ...kept });
    change(edit, mine ? edit.text : theirs.text);
    dialog.close();
  };
  const dialog = openDialog({
    wide: true,
    title: () => say("items.overtakenTitle", { name: theirs.name }),
    body: () => html`<p>${say("items.overtakenText")}</p>
      <p><span class="badge bad">− ${say("items.theirs")}</span> <span class="badge good">+ ${say("items.mine")}</span></p>
      ${lineDifference({ has: true, value: theirs.text }, { has: true, value: edit.text }, linkedIn(tenant.id))}
      ${Object.entries(edit.beside).filter(([name, text]) => drafts(theirs.beside)[name] !== text).map(([name, text]) => html`<h3>${name}</h3>
        ${lineDifference({ has: true, value: drafts(theirs.beside)[name] ?? "" }, { has: true, value: text }, () => null)}`)}`,
    actions: () => html`
      <button type="button" class="primary" @click=${() => take(true)}>${say("items.keepMine")}</button>
      <button type="button" class="danger" @click=${() => take(false)}>${say("items.takeTheirs")}</button>`,
  });
}

guardLeaving(() => {
  const edit = [...edits.values()].find(changed);
  return edit && {
    shows: (params) => params.get("tenant") === edit.tenant && params.get("item") === edit.item.path && params.get("show") === "edit",
    drop: () => edits.delete(`${edit.tenant} ${edit.item.path}`),
  };
});
