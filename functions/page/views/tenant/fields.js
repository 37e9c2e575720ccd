// Fields of the settings: a label, a control, a sentence of advice, and the faults that the API found in it.
import { html, ifDefined, live, nothing } from "../../core/view.js";
import { edit } from "./editing.js";
import { faultsAt } from "./draft.js";

/** @typedef {import("./editing.js").Editing} Editing */
/** @typedef {{field: string, label: string, advice?: string}} Field `field`: the JSON pointer the API names it by */

/** @param {string} field */
export const idOf = (field) => `f${field.replace(/[^\w]/g, "-")}`;

/**
 * What a control refers to as its description, and whether it holds a fault.
 * @param {Editing} form
 * @param {Field} field
 */
export function described(form, { field, advice }) {
  const faults = faultsAt(form.faults, field);
  const names = [advice && `${idOf(field)}-advice`, faults.length && `${idOf(field)}-fault`].filter(Boolean).join(" ");
  return { names: names || undefined, wrong: faults.length ? "true" : "false" };
}

/**
 * What stands below a control.
 * @param {Editing} form
 * @param {Field} field
 */
export function below(form, { field, advice }) {
  const faults = faultsAt(form.faults, field);
  return html`${advice ? html`<p class="advice" id="${idOf(field)}-advice">${advice}</p>` : nothing}
    ${faults.length ? html`<p class="fault" id="${idOf(field)}-fault">${faults.map((one) => one.detail).join(" ")}</p>` : nothing}`;
}

/**
 * One line of text.
 * @param {Editing} form
 * @param {Field & {value: string, set: (value: string) => void, list?: string, wide?: boolean, mono?: boolean, readonly?: boolean}} field
 */
export function line(form, field) {
  const { names, wrong } = described(form, field);
  return html`<div class="field">
    <label for=${idOf(field.field)}>${field.label}</label>
    <input id=${idOf(field.field)} class=${field.mono ? "mono" : ""} type="text" autocomplete="off" spellcheck="false"
      list=${ifDefined(field.list)} ?readonly=${field.readonly} aria-invalid=${wrong} aria-describedby=${ifDefined(names)} .value=${live(field.value)}
      @input=${(/** @type {Event} */ event) => field.set(/** @type {HTMLInputElement} */ (event.target).value)}>
    ${below(form, field)}
  </div>`;
}

/**
 * Several lines of text, one entry each.
 * @param {Editing} form
 * @param {Field & {value: string[], set: (value: string[]) => void}} field
 */
export function lines(form, field) {
  const { names, wrong } = described(form, field);
  return html`<div class="field">
    <label for=${idOf(field.field)}>${field.label}</label>
    <textarea id=${idOf(field.field)} class="mono" rows=${Math.max(2, Math.min(8, field.value.length + 1))} spellcheck="false"
      aria-invalid=${wrong} aria-describedby=${ifDefined(names)} .value=${field.value.join("\n")}
      @input=${(/** @type {Event} */ event) => field.set(/** @type {HTMLTextAreaElement} */ (event.target).value.split("\n"))}
      @change=${(/** @type {Event} */ event) => field.set(entries(/** @type {HTMLTextAreaElement} */ (event.target).value))}></textarea>
    ${below(form, field)}
  </div>`;
}

/** @param {string} text */
function entries(text) {
  return text.split("\n").map((one) => one.trim()).filter(Boolean);
}

/**
 * One of several.
 * @param {Editing} form
 * @param {Field & {value: string, options: [string, string][], set: (value: string) => void, disabled?: boolean}} field
 */
export function choice(form, field) {
  const { names, wrong } = described(form, field);
  return html`<div class="field">
    <label for=${idOf(field.field)}>${field.label}</label>
    <select id=${idOf(field.field)} ?disabled=${field.disabled} aria-invalid=${wrong} aria-describedby=${ifDefined(names)}
      @change=${(/** @type {Event} */ event) => field.set(/** @type {HTMLSelectElement} */ (event.target).value)}>
      ${field.options.map(([value, name]) => html`<option value=${value} .selected=${live(value === field.value)}>${name}</option>`)}
    </select>
    ${below(form, field)}
  </div>`;
}

/**
 * One of few, each with a sentence on what it does.
 * @param {Editing} form
 * @param {Field & {value: string, options: [string, string, string][], set: (value: string) => void}} field
 */
export function radios(form, field) {
  const { names } = described(form, field);
  return html`<fieldset class="field radios" aria-describedby=${ifDefined(names)}>
    <legend>${field.label}</legend>
    ${field.options.map(([value, name, text]) => html`<label><input type="radio" name=${idOf(field.field)} value=${value}
        .checked=${live(value === field.value)} @change=${() => field.set(value)}>
      <span>${name}<small>${text}</small></span></label>`)}
    ${below(form, field)}
  </fieldset>`;
}

/**
 * Yes or no.
 * @param {Editing} form
 * @param {Field & {value: boolean, set: (value: boolean) => void}} field
 */
export function check(form, field) {
  const { names } = described(form, field);
  return html`<div class="field check">
    <label><input type="checkbox" id=${idOf(field.field)} aria-describedby=${ifDefined(names)} .checked=${live(field.value)}
      @change=${(/** @type {Event} */ event) => field.set(/** @type {HTMLInputElement} */ (event.target).checked)}> ${field.label}</label>
    ${below(form, field)}
  </div>`;
}

/**
 * The draft's settings, and a way to set one of them.
 * @param {Editing} form
 */
export function settingsOf(form) {
  const settings = /** @type {import("./draft.js").Writable} */ (form.draft).settings;
  /** @param {string} name @param {unknown} value */
  const set = (name, value) => edit(form, (draft) => { draft.settings[name] = value; });
  return { settings, set };
}

/**
 * A part of the form under its heading.
 * @param {string} title
 * @param {string} text
 * @param {unknown} content
 */
export function part(title, text, content) {
  return html`<section class="card settings-part"><div class="part-head"><h2>${title}</h2><p>${text}</p></div>
    <div class="part-body">${content}</div></section>`;
}
