// Taking a tenant out of Accord: only after its name was typed.
import { html } from "../../core/view.js";
import { act } from "../../core/act.js";
import { remove } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { tell } from "../../core/message.js";
import { go } from "../../core/router.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */

/** @param {Tenant} tenant */
export function removalPart(tenant) {
  return html`<section class="card settings-part removal"><div class="part-head"><h2>${say("tenant.removal")}</h2><p>${say("tenant.removalText")}</p></div>
    <div class="part-body"><button type="button" class="danger" aria-haspopup="dialog" ?disabled=${!!tenant.activeSync} @click=${() => ask(tenant)}>${say("tenant.remove")}</button>
      ${tenant.activeSync ? html`<p class="advice">${say("tenant.removeActive")}</p>` : ""}</div></section>`;
}

/** @param {Tenant} tenant */
function ask(tenant) {
  let typed = "";
  const dialog = openDialog({
    title: () => say("tenant.removeTitle", { tenant: tenant.displayName }),
    body: () => html`<p>${say("tenant.removalText")}</p>
      <div class="field"><label for="typed-name">${say("tenant.typeName", { id: tenant.id })}</label>
        <input id="typed-name" type="text" autocomplete="off" spellcheck="false" @input=${(/** @type {Event} */ event) => {
          typed = /** @type {HTMLInputElement} */ (event.target).value.trim();
          redraw();
        }}></div>`,
    actions: () => html`<button type="button" class="danger" ?disabled=${typed !== tenant.id} @click=${(/** @type {Event} */ event) =>
      act(event.currentTarget, async () => {
        await remove(`/tenants/${tenant.id}`);
        dialog.close();
        tell(say("tenant.gone", { tenant: tenant.displayName }));
        go({});
      })}>${say("tenant.remove")}</button>`,
  });
}
