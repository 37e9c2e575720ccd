// What becomes of changes made in the tenant: taken into the repository, or proposed to be put back; by type.
import { html, live, nothing } from "../../core/view.js";
import { say } from "../../core/texts.js";
import { below, part, radios, settingsOf } from "./fields.js";
import { catalog } from "./settings-types.js";

/** @typedef {import("./editing.js").Editing} Editing */

const OTHERS = "*";

/**
 * @param {Editing} form
 * @param {string} stamp
 */
export function driftPart(form, stamp) {
  const { settings, set } = settingsOf(form);
  const rules = /** @type {Record<string, string>} */ (typeof settings.drift === "string" ? { [OTHERS]: settings.drift } : settings.drift);
  const exceptions = Object.entries(rules).filter(([key]) => key !== OTHERS);
  /** @param {Record<string, string>} value */
  const put = (value) => set("drift", Object.keys(value).length === 1 ? value[OTHERS] : value);
  const types = catalog(stamp).value ?? [];
  const free = types.filter((one) => !(one.key in rules));
  return part(say("tenant.drifted"), say("tenant.driftedText"), html`
    ${radios(form, { field: "/settings/drift", label: say("tenant.driftRule"), value: rules[OTHERS] ?? "adopt", set: (value) => put({ ...rules, [OTHERS]: value }),
      options: [["adopt", say("tenant.adopt"), say("tenant.adoptText")], ["revert", say("tenant.revert"), say("tenant.revertText")]] })}
    <div class="field"><span class="label">${say("tenant.exceptions")}</span>
      ${exceptions.length ? html`<ul class="exceptions">${exceptions.map(([key, value]) => {
        const title = types.find((one) => one.key === key)?.title ?? key;
        const { [key]: _, ...others } = rules;
        return html`<li><span>${title}</span>
          <select aria-label=${say("tenant.driftOf", { what: title })} @change=${(/** @type {Event} */ event) =>
            put({ ...rules, [key]: /** @type {HTMLSelectElement} */ (event.target).value })}>
            <option value="adopt" .selected=${live(value === "adopt")}>${say("tenant.adopt")}</option>
            <option value="revert" .selected=${live(value === "revert")}>${say("tenant.revert")}</option></select>
          <button type="button" class="quiet icon" aria-label=${say("tenant.removeWhat", { what: title })} @click=${() => put({ [OTHERS]: rules[OTHERS] ?? "adopt", ...others })}>✕</button></li>`;
      })}</ul>` : nothing}
      <select aria-label=${say("tenant.addException")} @change=${(/** @type {Event} */ event) => {
        const select = /** @type {HTMLSelectElement} */ (event.target);
        if (select.value) put({ [OTHERS]: "adopt", ...rules, [select.value]: rules[OTHERS] === "revert" ? "adopt" : "revert" });
        select.value = "";
      }}><option value="">${say("tenant.addException")}</option>
        ${free.map((one) => html`<option value=${one.key}>${one.title}</option>`)}</select>
      ${below(form, { field: "/settings/drift/", label: "" })}</div>`);
}
