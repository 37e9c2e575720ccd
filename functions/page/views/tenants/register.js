// Registering a tenant: its name, its directory, and whether a person signs in to it; the rest are settings.
import { Refusal, put } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { poke } from "../../core/live.js";
import { described, tell } from "../../core/message.js";
import { go } from "../../core/router.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { html, ifDefined, live, nothing } from "../../core/view.js";

/** @typedef {"displayName" | "id" | "entraTenantId"} Field */

const GUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
const SLUG = "[a-z0-9][a-z0-9\\-]{0,62}";

/** A name as an id may be written. @param {string} name */
const slug = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63);

export function openRegister() {
  const values = { displayName: "", id: "", entraTenantId: "" };
  const state = { named: false, user: false, busy: false, refusal: /** @type {unknown} */ (null) };

  /** @param {Field} name @param {string} text */
  const set = (name, text) => {
    values[name] = text.trim();
    if (name === "id") state.named = true;
    if (name === "displayName" && !state.named) values.id = slug(text);
    redraw();
  };
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (state.busy) return;
    [state.busy, state.refusal] = [true, null];
    redraw();
    try {
      const settings = { authentication: state.user ? "servicePrincipalAndUser" : "servicePrincipal" };
      const { id, displayName, entraTenantId } = values;
      await put(`/tenants/${id}`, { displayName, entraTenantId, settings }, { create: true });
      poke();
      dialog.close();
      tell(say("tenants.registered", { tenant: displayName }));
      go({ tenant: id, tab: "permissions" });
    } catch (error) {
      state.refusal = error;
    }
    state.busy = false;
    redraw();
  };
  /** @param {Field} name */
  const fault = (name) => (state.refusal instanceof Refusal
    ? state.refusal.errors.find((one) => one.field.endsWith(`/${name}`))?.detail : undefined);
  /** @param {Field} name @param {string} label @param {string} hint @param {string} [pattern] */
  const field = (name, label, hint, pattern) => html`<div class="field"><label for="new-${name}">${label}</label>
    <input id="new-${name}" name=${name} required maxlength="200" autocomplete="off" spellcheck="false" pattern=${ifDefined(pattern)}
      title=${hint} .value=${live(values[name])} aria-describedby="new-${name}-hint" aria-invalid=${fault(name) ? "true" : "false"}
      @input=${(/** @type {InputEvent} */ event) => set(name, /** @type {HTMLInputElement} */ (event.currentTarget).value)}>
    <small id="new-${name}-hint" class=${fault(name) ? "fault" : ""}>${fault(name) ?? hint}</small></div>`;

  const dialog = openDialog({
    title: () => say("tenants.register"),
    body: () => html`<form id="register" @submit=${submit}>
      <p>${say("tenants.registerText")}</p>
      ${field("displayName", say("tenants.displayName"), say("tenants.displayNameHint"))}
      ${field("id", say("tenants.id"), say("tenants.idHint"), SLUG)}
      ${field("entraTenantId", say("tenants.directory"), say("tenants.directoryHint"), GUID)}
      <label class="choice"><input type="checkbox" @change=${(/** @type {Event} */ event) =>
        (state.user = /** @type {HTMLInputElement} */ (event.currentTarget).checked)}>
        <span>${say("tenants.withUser")}<small>${say("tenants.withUserText")}</small></span></label>
      ${state.refusal ? html`<p class="fault" role="alert">${refusalText(state.refusal)}</p>` : nothing}
    </form>`,
    actions: () => html`<button class="primary" form="register" aria-busy=${state.busy}>${say("tenants.registerDo")}</button>`,
  });
}

/** @param {unknown} error */
function refusalText(error) {
  if (error instanceof Refusal && error.status === 412) return say("tenants.idTaken");
  return described(error);
}
