// Views that are fetched when they are first looked at, so that the table of tenants does not wait for them.
import { described } from "./message.js";
import { redraw } from "./state.js";
import { say } from "./texts.js";
import { html } from "./view.js";

/** @typedef {(route: import("./router.js").Route) => unknown} View */

/**
 * @param {() => Promise<View>} fetching
 * @returns {View & {fetch: () => void}} `fetch` gets it ahead of its first look
 */
export function later(fetching) {
  /** @type {View | null} */
  let view = null;
  /** @type {unknown} */
  let error = null;
  let asked = false;
  const fetch = () => {
    if (asked) return;
    asked = true;
    fetching().then((found) => (view = found), (reason) => (error = reason)).finally(redraw);
  };
  /** @type {View} */
  const shown = (route) => {
    if (view) return view(route);
    if (error) return html`<p role="alert">${described(error)}
      <button type="button" @click=${() => location.reload()}>${say("core.reload")}</button></p>`;
    fetch();
    return html`<p class="empty" role="status">${say("core.loading")}</p>`;
  };
  return Object.assign(shown, { fetch });
}
