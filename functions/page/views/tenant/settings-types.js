// Which types a sync reads: all but some, or some alone; chosen by name, or by pattern.
import { html, live, nothing } from "../../core/view.js";
import { redraw } from "../../core/state.js";
import { number, say } from "../../core/texts.js";
import { whole } from "./loaded.js";
import { below, part, radios, settingsOf } from "./fields.js";
import { drawn } from "./parts.js";

/** @typedef {import("./editing.js").Editing} Editing */
/** @typedef {{key: string, title: string, workload: string}} Type */
/** @typedef {{include: string[], exclude: string[]}} Types */

const ALL = "*";
let search = "";

/**
 * Every type of the catalog.
 * @param {string} [stamp]
 */
export function catalog(stamp = "") {
  return /** @type {import("./loaded.js").Loaded<Type[]>} */ (whole("types", "/types", stamp));
}

/**
 * @param {Editing} form
 * @param {string} stamp
 */
export function typesPart(form, stamp) {
  const { settings, set } = settingsOf(form);
  const types = /** @type {Types} */ (settings.types);
  const everything = types.include.includes(ALL);
  return part(say("tenant.types"), say("tenant.typesText"), html`
    ${radios(form, { field: "/settings/types/mode", label: say("tenant.typesMode"), value: everything ? "all" : "some",
      set: (value) => set("types", { include: value === "all" ? [ALL] : catalogKeys(types), exclude: value === "all" ? types.exclude : [] }),
      options: [["all", say("tenant.typesAll"), say("tenant.typesAllText")], ["some", say("tenant.typesSome"), say("tenant.typesSomeText")]] })}
    ${drawn(catalog(stamp), "types", (known) => list(known, types, (value) => set("types", value)))}
    ${patterns(types, (value) => set("types", value))}
    ${below(form, { field: "/settings/types", label: "" })}`);
}

/**
 * The keys that are read now, to begin a choice of single types with.
 * @param {Types} types
 */
function catalogKeys(types) {
  return (catalog().value ?? []).map((one) => one.key).filter((key) => read(types, key));
}

/**
 * @param {Type[]} known
 * @param {Types} types
 * @param {(types: Types) => void} set
 */
function list(known, types, set) {
  const wanted = search.trim().toLocaleLowerCase();
  const found = known.filter((one) => !wanted || `${one.title} ${one.key} ${one.workload}`.toLocaleLowerCase().includes(wanted));
  const groups = [...new Set(known.map((one) => one.workload))].map((name) => ({ name, types: found.filter((one) => one.workload === name) }));
  const chosen = known.filter((one) => read(types, one.key)).length;
  return html`<div class="field"><label for="type-search">${say("tenant.typeSearch")}</label>
      <input id="type-search" type="search" autocomplete="off" .value=${live(search)} @input=${(/** @type {Event} */ event) => {
        search = /** @type {HTMLInputElement} */ (event.target).value;
        redraw();
      }} @keydown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") event.preventDefault(); }}>
      <p class="advice" role="status">${say("tenant.typesChosen", { n: number(chosen), all: number(known.length) })}</p></div>
    <div class="pick-groups">${groups.filter((one) => one.types.length).map((one) => group(one.name, one.types, types, set))}</div>`;
}

/**
 * @param {string} name
 * @param {Type[]} found
 * @param {Types} types
 * @param {(types: Types) => void} set
 */
function group(name, found, types, set) {
  return html`<fieldset class="pick-group"><legend>${workload(name)}</legend>
    <p class="all-none"><button type="button" class="quiet link" aria-label=${say("tenant.allOf", { what: workload(name) })}
        @click=${() => set(found.reduce((now, one) => put(now, one.key, true), types))}>${say("tenant.chooseAll")}</button>
      <button type="button" class="quiet link" aria-label=${say("tenant.noneOf", { what: workload(name) })}
        @click=${() => set(found.reduce((now, one) => put(now, one.key, false), types))}>${say("tenant.chooseNone")}</button></p>
    ${found.map((one) => {
      const by = pattern(types, one.key);
      return html`<label><input type="checkbox" .checked=${live(read(types, one.key))} ?disabled=${!!by} @change=${(/** @type {Event} */ event) =>
          set(put(types, one.key, /** @type {HTMLInputElement} */ (event.target).checked))}>
        <span>${one.title} <small><code>${one.key}</code>${by ? html` · ${say("tenant.byPattern", { pattern: by })}` : nothing}</small></span></label>`;
    })}</fieldset>`;
}

/**
 * The patterns, which also stand for types that come later.
 * @param {Types} types
 * @param {(types: Types) => void} set
 */
function patterns(types, set) {
  const side = types.include.includes(ALL) ? "exclude" : "include";
  const some = types[side].filter((one) => one.includes("*") && one !== ALL);
  const label = side === "exclude" ? say("tenant.excludePatterns") : say("tenant.includePatterns");
  const add = (/** @type {HTMLInputElement} */ input) => {
    const value = input.value.trim().toLowerCase();
    if (!value || types[side].includes(value)) return;
    set({ ...types, [side]: [...types[side], value] });
    input.value = "";
  };
  return html`<details class="field" ?open=${some.length > 0}><summary>${label}</summary>
    <p class="advice">${say("tenant.patternsText")}</p>
    <ul class="pattern-list">${some.map((one) => html`<li><code>${one}</code> <button type="button" class="quiet icon" aria-label=${say("tenant.removeWhat", { what: one })}
      @click=${() => set({ ...types, [side]: types[side].filter((other) => other !== one) })}>✕</button></li>`)}</ul>
    <span class="pair"><input type="text" class="mono" id="type-pattern" aria-label=${label} placeholder="device-*" pattern="[a-z0-9*-]+" @keydown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        add(/** @type {HTMLInputElement} */ (event.target));
      }}>
      <button type="button" @click=${() => add(/** @type {HTMLInputElement} */ (document.getElementById("type-pattern")))}>${say("tenant.add")}</button></span>
  </details>`;
}

/** @param {string} pattern @param {string} key */
function fits(pattern, key) {
  const parts = pattern.split("*").map((part) => part.replace(/[^a-z0-9-]/g, ""));
  return new RegExp(`^${parts.join(".*")}$`).test(key);
}

/**
 * Whether a sync reads the type: what is excluded wins.
 * @param {Types} types
 * @param {string} key
 */
function read(types, key) {
  return types.include.some((one) => fits(one, key)) && !types.exclude.some((one) => fits(one, key));
}

/**
 * The pattern that decides on a type, so that its box cannot.
 * @param {Types} types
 * @param {string} key
 */
function pattern(types, key) {
  const side = types.include.includes(ALL) ? types.exclude : [...types.include, ...types.exclude];
  return side.find((one) => one.includes("*") && fits(one, key));
}

/**
 * @param {Types} types
 * @param {string} key
 * @param {boolean} on
 * @returns {Types}
 */
function put(types, key, on) {
  if (pattern(types, key)) return types;
  const without = { include: types.include.filter((one) => one !== key), exclude: types.exclude.filter((one) => one !== key) };
  if (types.include.includes(ALL)) return on ? without : { ...without, exclude: [...without.exclude, key].sort() };
  return on ? { ...without, include: [...without.include, key].sort() } : without;
}

/**
 * A type in the reader's language.
 * @param {string} key
 */
export function titleOf(key) {
  return catalog().value?.find((one) => one.key === key)?.title ?? key;
}

/**
 * The name of an item: where a tenant has exactly one of its type, the type's.
 * @param {{type: string, name: string}} item
 */
export function shownName(item) {
  return item.name === item.type ? titleOf(item.type) : item.name;
}

/** A workload as people call it. @param {string} name */
export function workload(name) {
  return { entra: "Microsoft Entra ID", intune: "Microsoft Intune", sharepoint: "SharePoint" }[name] ?? name;
}
