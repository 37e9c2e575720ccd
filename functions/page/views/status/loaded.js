// What a view needs of the API: loaded once, or followed while the view is shown. Views are functions called at each
// redraw, so they ask again each time; what nobody asked for lately is no longer followed.
import { Refusal, get } from "../../core/api.js";
import { watch } from "../../core/live.js";
import { redraw } from "../../core/state.js";

/** @typedef {{value?: any, error?: Error, loading: boolean}} Loaded */

/** @type {Map<string, Loaded>} */
const once = new Map();
const KEPT = 60;

/**
 * What `load` gave, under a name; undefined while it is under way.
 * @param {string} name
 * @param {() => Promise<any>} load
 * @returns {Loaded}
 */
export function loaded(name, load) {
  const known = once.get(name);
  if (known) return known;
  /** @type {Loaded} */
  const entry = { loading: true };
  once.set(name, entry);
  if (once.size > KEPT) once.delete(/** @type {string} */ (once.keys().next().value));
  load()
    .then((value) => { entry.value = value; }, (error) => { entry.error = error; })
    .finally(() => { entry.loading = false; redraw(); });
  return entry;
}

/** Loads it again when it is asked for next. @param {string} name */
export function forget(name) {
  once.delete(name);
}

/** Keeps what an answer gave anyway. @param {string} name @param {unknown} value */
export function keep(name, value) {
  once.set(name, { value, loading: false });
  redraw();
}

/** @typedef {{value?: any, error?: unknown, asked: boolean, stop: () => void}} Followed */
/** @type {Map<string, Followed>} */
const followed = new Map();
const LEASE = 5000;
let timer = 0;

/**
 * What stands at an address, kept up to date while views ask for it: `value` once it is there, or the `error` that
 * it was refused with.
 * @param {string} path
 * @param {number} [seconds] between two looks
 * @returns {{value?: any, error?: unknown}}
 */
export function follow(path, seconds = 2) {
  let entry = followed.get(path);
  if (!entry) {
    entry = { asked: true, stop: () => {} };
    followed.set(path, entry);
    void begin(path, entry, seconds);
    timer ||= setInterval(release, LEASE);
  }
  entry.asked = true;
  return entry;
}

/** @param {string} path @param {Followed} entry @param {number} seconds */
async function begin(path, entry, seconds) {
  /** @param {any} value */
  const take = (value) => {
    entry.value = value;
    redraw();
  };
  try {
    take(await get(path));
  } catch (error) {
    if (error instanceof Refusal && error.status !== 0 && error.status < 500) {
      entry.error = error;
      redraw();
      return;
    }
  }
  if (followed.get(path) === entry) entry.stop = watch(path, take, { seconds });
}

/** Stops following what no redraw asked for since the last time. */
function release() {
  for (const [path, entry] of followed) {
    if (!entry.asked) {
      entry.stop();
      followed.delete(path);
    }
    entry.asked = false;
  }
  if (followed.size) redraw();
  else {
    clearInterval(timer);
    timer = 0;
  }
}
