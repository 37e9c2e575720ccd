// Who reads the page: on one machine the app's own key, without asking; else a key that the person types.
// The app says which at /page/session.json, and gives its key to this very page only.
import { redraw } from "./state.js";

const KEPT = "accord-key";

/** @typedef {{kind: "key", key: string} | {kind: "askKey"}} Way */

/** @type {Promise<Way> | null} */
let asked = null;
/** @type {string | null} */
let local = null;
let refused = false;

/** @returns {Promise<Way>} */
async function ask() {
  const response = await fetch("/page/session.json", { method: "POST", cache: "no-store" });
  return response.ok ? response.json() : { kind: "askKey" };
}

/** Finds out once how people sign in here; what is typed counts before what the app gives. */
export async function ensure() {
  try {
    const way = await (asked ??= ask());
    local = way.kind === "key" ? way.key : null;
  } catch {
    asked = null;
  }
}

const key = () => sessionStorage.getItem(KEPT) ?? local;

/** @returns {Promise<Record<string, string>>} what a request to the API proves itself with */
export async function headers() {
  await ensure();
  const known = key();
  return known === null ? {} : { "x-functions-key": known };
}

/** Whether the person has to give a key before anything can be read. */
export const keyWanted = () => refused;

/** The API did not accept who asks: the page asks for a key. */
export function refuse() {
  refused = true;
  redraw();
}

/** @param {string} typed */
export function useKey(typed) {
  sessionStorage.setItem(KEPT, typed.trim());
  refused = false;
  redraw();
}

/** Forgets the key that was typed. */
export function signOut() {
  sessionStorage.removeItem(KEPT);
  refused = local === null;
  redraw();
}

/** Whether there is something to sign out of. */
export const canSignOut = () => sessionStorage.getItem(KEPT) !== null;

// A key may come behind the address's #, which is sent to no server and is taken out of sight at once.
const given = new URLSearchParams(location.hash.slice(1)).get("key");
if (given) {
  sessionStorage.setItem(KEPT, given);
  history.replaceState(null, "", location.pathname + location.search);
}
