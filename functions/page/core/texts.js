// Everything the page says, in the reader's language: the browser's first, or the one chosen here.
import { redraw } from "./state.js";

const KEPT = "accord-language";
export const LANGUAGES = /** @type {const} */ (["en", "fr"]);
/** @typedef {(typeof LANGUAGES)[number]} Language */

/** @type {Record<string, string>} */
let texts = {};
/** @type {Language} */
let code = preferred();

/** @returns {Language} */
function preferred() {
  const wanted = [localStorage.getItem(KEPT) ?? "", ...navigator.languages];
  for (const tag of wanted) {
    const known = LANGUAGES.find((one) => tag.toLowerCase().split("-")[0] === one);
    if (known) return known;
  }
  return "en";
}

/** @returns {Language} the language that the page speaks */
export const language = () => code;

/** Fetches the texts; the page cannot speak before. */
export async function loadTexts() {
  const wanted = code;
  const response = await fetch("/page/texts.json", { headers: { "Accept-Language": wanted } });
  if (!response.ok) throw new Error(`${response.status}`);
  const found = await response.json();
  if (wanted !== code) return;
  texts = found;
  document.documentElement.lang = code;
  redraw();
}

/** @param {Language} wanted */
export async function setLanguage(wanted) {
  code = wanted;
  localStorage.setItem(KEPT, wanted);
  await loadTexts();
  document.dispatchEvent(new Event("accord-language"));
}

/** Whether there is such a text: keys made from a service's own codes may have none. @param {string} key */
export const known = (key) => key in texts;

/**
 * The text of that key; `{names}` in it are filled.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @returns {string}
 */
export function say(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

/** @param {unknown} value */
const shown = (value) => (typeof value === "number" ? number(value) : String(value));

/**
 * The text for that many: `key.one` or `key.other`, as the language counts; `{n}` in it is the number.
 * @param {string} key
 * @param {number} n
 * @param {Record<string, unknown>} [values]
 */
say.count = (key, n, values = {}) => {
  const form = new Intl.PluralRules(code).select(n) === "one" ? "one" : "other";
  return say(`${key}.${form}`, { n, ...values });
};

/** @param {number} n */
export const number = (n) => new Intl.NumberFormat(code).format(n);
