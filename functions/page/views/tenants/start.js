// Starting a sync with options, of one tenant or of many.
import { act } from "../../core/act.js";
import { post } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { startSync } from "../status/actions.js";
import { answered } from "./results.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").ModeKey} ModeKey */

/** @type {ModeKey[]} */
const MODES = ["full", "backupOnly", "previewOnly"];
/** @param {Tenant} one */
const waits = (one) => one.status === "pendingApproval";
/** @param {Tenant} one */
const runs = (one) => one.activeSync !== null && !waits(one);
/** Whether a sync may be started, if need be in place of the one that waits for approval. @param {Tenant} one */
export const canStart = (one) => !runs(one);

/** Starts a full sync at once: it asks before it writes anything. @param {Tenant} tenant @param {EventTarget | null} button */
export const startNow = (tenant, button) => act(button, () => startSync(tenant));

/** Asks for mode and comment first. @param {Tenant[]} tenants @param {ModeKey} [mode] */
export function openStart(tenants, mode = "full") {
  const state = { mode, comment: "", supersede: false };
  const waiting = tenants.filter(waits), running = tenants.filter(runs);
  const [first] = tenants;
  const free = tenants.length - waiting.length - running.length;
  const many = () => free + (state.supersede ? waiting.length : 0);
  /** @param {Event} event */
  const go = (event) => act(event.currentTarget, async () => {
    const options = { mode: state.mode, supersede: state.supersede, ...(state.comment && { comment: state.comment }) };
    if (tenants.length === 1) await startSync(first, options);
    else await startMany(tenants.filter((one) => !runs(one) && (state.supersede || !waits(one))), options);
    dialog.close();
  });
  const dialog = openDialog({
    title: () => (tenants.length === 1
      ? say("tenants.startTitle", { tenant: first.displayName })
      : say.count("tenants.startMany", tenants.length)),
    body: () => html`
      <fieldset class="options"><legend>${say("tenants.mode")}</legend>${MODES.map((one) => html`<label class="choice">
        <input type="radio" name="mode" value=${one} ?checked=${one === state.mode} @change=${() => (state.mode = one)}>
        <span>${say(`tenants.modes.${one}`)}<small>${say(`tenants.does.${one}`)}</small></span></label>`)}</fieldset>
      <div class="field"><label for="start-comment">${say("tenants.comment")}</label>
        <input id="start-comment" maxlength="1000" @input=${(/** @type {InputEvent} */ event) =>
          (state.comment = /** @type {HTMLInputElement} */ (event.currentTarget).value)}></div>
      ${waiting.length ? html`<label class="choice"><input type="checkbox" @change=${(/** @type {Event} */ event) => {
        state.supersede = /** @type {HTMLInputElement} */ (event.currentTarget).checked;
        redraw();
      }}> <span>${say.count("tenants.supersede", waiting.length)}<small>${say("tenants.supersedeText")}</small></span></label>` : nothing}
      ${running.length ? html`<p class="muted">${say.count("tenants.leftRunning", running.length)}</p>` : nothing}`,
    actions: () => html`<button type="button" class="primary" ?disabled=${many() === 0} @click=${go}>
      ${tenants.length === 1 ? say("tenants.start") : say.count("tenants.startCount", many())}</button>`,
  });
}

/** @param {Tenant[]} tenants @param {Record<string, unknown>} options */
async function startMany(tenants, options) {
  const value = [];
  for (let from = 0; from < tenants.length; from += 1000) {
    const ids = tenants.slice(from, from + 1000).map((one) => one.id);
    value.push(...(await post("/bulk/syncs", { tenants: ids, ...options })).value);
  }
  answered(value, "tenants.started");
}
