// The settings while somebody changes them: kept while they look elsewhere, saved only over what they saw.
import { html } from "../../core/view.js";
import { act } from "../../core/act.js";
import { get, page, patch, Refusal, tagOf } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { tell } from "../../core/message.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { patchOf, patched, valueAt, writable } from "./draft.js";
import { guardLeaving } from "./leaving.js";

/** @typedef {import("./draft.js").Writable} Writable */
/** @typedef {import("./draft.js").Fault} Fault */
/**
 * @typedef {object} Editing
 * @property {string} tenant
 * @property {Writable | null} draft
 * @property {Writable | null} before what the draft was made from
 * @property {string} etag
 * @property {Fault[]} faults
 * @property {boolean} changed
 * @property {Error | null} error
 * @property {string} stamp
 */

/** @type {Map<string, Editing>} */
const forms = new Map();

/**
 * The form of a tenant; read anew whenever it is come to, unless something in it is not saved yet.
 * @param {string} tenant
 * @param {string} stamp
 * @returns {Editing}
 */
export function editing(tenant, stamp) {
  let form = forms.get(tenant);
  if (!form) {
    form = { tenant, draft: null, before: null, etag: "", faults: [], changed: false, error: null, stamp: "" };
    forms.set(tenant, form);
  }
  if (form.stamp !== stamp) {
    form.stamp = stamp;
    if (!form.changed) void read(form);
  }
  return form;
}

/** @param {Editing} form */
async function read(form) {
  try {
    const path = `/tenants/${form.tenant}`;
    const tenant = await get(path);
    if (form.changed) return;
    form.before = writable(tenant);
    form.draft = writable(tenant);
    form.etag = tagOf(path) ?? "";
    form.faults = [];
    form.error = null;
  } catch (error) {
    form.error = /** @type {Error} */ (error);
  }
  redraw();
}

/**
 * Somebody changed something.
 * @param {Editing} form
 * @param {(draft: Writable) => void} edit
 */
export function edit(form, edit) {
  if (!form.draft || !form.before) return;
  const faulty = form.faults.map((one) => JSON.stringify(valueAt(form.draft, one.field)));
  edit(form.draft);
  form.faults = form.faults.filter((one, index) => JSON.stringify(valueAt(form.draft, one.field)) === faulty[index]);
  form.changed = patchOf(form.before, form.draft) !== null;
  redraw();
}

/** @param {Editing} form */
export function discard(form) {
  form.draft = structuredClone(form.before);
  form.faults = [];
  form.changed = false;
  redraw();
}

/**
 * @param {Editing} form
 * @param {EventTarget | null} button
 */
export function save(form, button) {
  return act(button, async () => {
    const change = form.before && form.draft && patchOf(form.before, form.draft);
    if (!change) return;
    try {
      await patch(`/tenants/${form.tenant}`, change, { etag: form.etag });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 412) return overtaken(form, change);
      form.faults = error.problem.errors ?? [];
      redraw();
      if (!form.faults.length) throw error;
      requestAnimationFrame(() => document.getElementById("settings-faults")?.focus());
      return;
    }
    form.changed = false;
    await read(form);
    tell(say("tenant.saved"));
  });
}

/**
 * Somebody else has changed the settings meanwhile: who, and what to do with one's own changes.
 * @param {Editing} form
 * @param {Record<string, any>} change
 */
async function overtaken(form, change) {
  const other = await lastChange(form.tenant);
  const text = html`<p>${other ? html`${say("tenant.overtakenBy", { who: other.who })} ${when(other.at)}.` : say("tenant.overtaken")}</p>
    <p>${say("tenant.overtakenText")}</p>`;
  const dialog = openDialog({
    title: () => say("tenant.overtakenTitle"),
    body: () => text,
    actions: () => html`
      <button type="button" class="primary" @click=${() => rebase(true)}>${say("tenant.keepMine")}</button>
      <button type="button" class="danger" @click=${() => rebase(false)}>${say("tenant.reload")}</button>`,
  });
  /** @param {boolean} keep */
  const rebase = async (keep) => {
    dialog.close();
    form.changed = false;
    await read(form);
    if (keep && form.before) edit(form, (draft) => Object.assign(draft, patched(form.before, change)));
  };
}

/**
 * @param {string} tenant
 * @returns {Promise<{who: string, at: string} | undefined>}
 */
async function lastChange(tenant) {
  try {
    const { value } = await page(`/tenants/${tenant}/audit?top=50`);
    return value.find((/** @type {{action: string}} */ one) => one.action === "tenant.changed");
  } catch {
    return undefined;
  }
}

guardLeaving(() => {
  const form = [...forms.values()].find((one) => one.changed);
  return form && {
    shows: (params) => params.get("tenant") === form.tenant && params.get("tab") === "settings",
    drop: () => discard(form),
  };
});
