// What stands around every view: the name, the choices of language and theme, and what is wrong with the connection.
import { connection, poke } from "./live.js";
import { byDirectory, canSignOut, reader, signInAtDirectory, signOut, useKey } from "./session.js";
import { LANGUAGES, language, say, setLanguage } from "./texts.js";
import { THEMES, setTheme, theme } from "./theme.js";
import { failed } from "./message.js";
import { html, nothing } from "./view.js";

const NAMES = { en: "English", fr: "Français" };

/** @param {Event} event */
const value = (event) => /** @type {HTMLSelectElement} */ (event.currentTarget).value;

/** @param {Event} event */
function chooseLanguage(event) {
  const wanted = LANGUAGES.find((one) => one === value(event));
  if (wanted) setLanguage(wanted).catch(failed);
}

/** @param {Event} event */
function chooseTheme(event) {
  const wanted = THEMES.find((one) => one === value(event));
  if (wanted) setTheme(wanted);
}

/** Who has signed in, with their roles: each that is not part of another. */
function who() {
  const me = reader();
  if (me?.kind !== "person") return nothing;
  const all = me.roles.includes("Administrator");
  const own = me.roles.filter((role) => (all ? role === "Administrator" : role !== "Reader" || me.roles.length === 1));
  const roles = own.length ? own.map((role) => say(`core.role.${role}`)).join(", ") : say("core.role.none");
  return html`<span class="who" title=${roles}>${me.name} <small>${roles}</small></span>`;
}

export const header = () => html`<header class="top">
  <a class="name" href="/" data-link><span aria-hidden="true" class="mark"></span>Accord</a>
  <div class="choices">
    <select class="quiet" aria-label=${say("core.language")} @change=${chooseLanguage}>
      ${LANGUAGES.map((one) => html`<option value=${one} lang=${one} ?selected=${one === language()}>${NAMES[one]}</option>`)}
    </select>
    <select class="quiet" aria-label=${say("core.theme.label")} @change=${chooseTheme}>
      ${THEMES.map((one) => html`<option value=${one} ?selected=${one === theme()}>${say(`core.theme.${one}`)}</option>`)}
    </select>
    ${who()}
    ${canSignOut() ? html`<button type="button" class="quiet" @click=${signOut}>${say("core.signOut")}</button>` : nothing}
  </div>
</header>`;

/** Stands in the page from the start, so that it is said when it fills. */
export const banner = () => html`<div role="status">${connection() === "lost" ? html`<p class="banner">
  ${say("core.lost")} <button type="button" class="quiet" @click=${poke}>${say("core.tryNow")}</button></p>` : nothing}</div>`;


/** @param {SubmitEvent} event */
function open(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  useKey(String(new FormData(form).get("key")));
  poke();
}

/** Where the page cannot prove who reads it by itself, the person signs in to the directory, or gives a key. */
export function signIn() {
  const directory = byDirectory();
  if (directory === null) return keyForm();
  return html`<section class="card sign-in">
    <h1>${say("core.signIn")}</h1>
    <p>${say("core.directoryText")}</p>
    ${directory.reason ? html`<p role="alert">${say("core.directorySaid", { reason: directory.reason })}</p>` : nothing}
    <button type="button" class="primary" @click=${signInAtDirectory}>${say("core.signInAtDirectory")}</button>
  </section>`;
}

const keyForm = () => html`<form class="card sign-in" @submit=${open}>
  <h1>${say("core.signIn")}</h1>
  <p>${say("core.signInText")}</p>
  <label for="key">${say("core.key")}</label>
  <input id="key" name="key" type="password" autocomplete="off" required>
  <button class="primary">${say("core.open")}</button>
</form>`;
