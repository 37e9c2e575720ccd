// What a view shows of the API: asked for once under a name, kept while it is asked for again.
import { all, page } from "../../core/api.js";
import { redraw } from "../../core/state.js";
import { language } from "../../core/texts.js";

/**
 * @template T
 * @typedef {{value: T | undefined, error: Error | null, busy: boolean, stamp: string}} Loaded
 */
/** @typedef {{value: any[], nextLink: string | null}} Page */

const MOST = 60;
/** @type {Map<string, Loaded<any>>} */
const kept = new Map();
let visits = 0;
let shown = "";

/**
 * What is known under a name. Asked for at first sight and whenever the stamp is another; what was known stays
 * in sight meanwhile.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} load
 * @param {string} [stamp]
 * @returns {Loaded<T>}
 */
export function loaded(name, load, stamp = "") {
  const key = `${language()} ${name}`;
  const known = kept.get(key);
  if (known && known.stamp === stamp) return known;
  /** @type {Loaded<T>} */
  const entry = { value: known?.value, error: null, busy: true, stamp };
  kept.delete(key);
  kept.set(key, entry);
  if (kept.size > MOST) kept.delete(/** @type {string} */ (kept.keys().next().value));
  run(entry, load);
  return entry;
}

/**
 * @template T
 * @param {Loaded<T>} entry
 * @param {() => Promise<T>} load
 */
async function run(entry, load) {
  entry.busy = true;
  try {
    entry.value = await load();
    entry.error = null;
  } catch (error) {
    entry.error = /** @type {Error} */ (error);
  }
  entry.busy = false;
  redraw();
}

/**
 * A list, its first page at first; `more` asks for the next one. Asked for anew, as much is shown as before.
 * @param {string} name
 * @param {string} path without `top`
 * @param {string} [stamp]
 * @param {number} [top]
 * @returns {Loaded<Page> & {more: (() => Promise<void>) | null}}
 */
export function listed(name, path, stamp = "", top = 25) {
  const before = kept.get(`${language()} ${name}`)?.value?.value.length ?? 0;
  /** @type {Loaded<Page>} */
  const entry = loaded(name, () => first(Math.max(top, before), path), stamp);
  const next = entry.value?.nextLink;
  return Object.assign(entry, { more: next && !entry.busy ? () => run(entry, () => onward(entry, next)) : null });
}

/**
 * @param {number} many
 * @param {string} path
 * @returns {Promise<Page>}
 */
function first(many, path) {
  return page(`${path}${path.includes("?") ? "&" : "?"}top=${Math.min(1000, many)}`);
}

/**
 * @param {Loaded<Page>} entry
 * @param {string} next
 * @returns {Promise<Page>}
 */
async function onward(entry, next) {
  const found = await page(next);
  return { ...found, value: [...(entry.value?.value ?? []), ...found.value] };
}

/**
 * A whole list, however many pages it has.
 * @param {string} name
 * @param {string} path
 * @param {string} [stamp]
 * @returns {Loaded<any[]>}
 */
export function whole(name, path, stamp = "") {
  return loaded(name, () => all(path), stamp);
}

/**
 * A stamp that changes whenever another place of the page is opened, so that what is opened is asked for anew.
 * @param {string} place
 */
export function visit(place) {
  if (place !== shown) {
    shown = place;
    visits += 1;
  }
  return String(visits);
}

/** Forgets what is known under names that begin so; it is asked for again when it is next shown.
 * @param {string} prefix
 */
export function forget(prefix) {
  for (const [key, entry] of kept) if (key.slice(3).startsWith(prefix)) entry.stamp = `old ${entry.stamp}`;
  redraw();
}
