// Light, dark, or as the system has it; kept in this browser. `first.js` sets it before anything is drawn.
import { redraw } from "./state.js";

const KEPT = "accord-theme";
export const THEMES = /** @type {const} */ (["auto", "light", "dark"]);
/** @typedef {(typeof THEMES)[number]} Theme */

/** @returns {Theme} */
export const theme = () => THEMES.find((one) => one === localStorage.getItem(KEPT)) ?? "auto";

/** @param {Theme} wanted */
export function setTheme(wanted) {
  localStorage.setItem(KEPT, wanted);
  if (wanted === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
  redraw();
}
