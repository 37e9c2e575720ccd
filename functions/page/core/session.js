// Who reads the page, and what they may do. How they prove it, the app says at /page/session.json: by the directory
// that it is connected to; on one machine by the app's own key, without asking; else by a key that they type.
import { Refusal } from "./api.js";
import { redraw } from "./state.js";
import { say } from "./texts.js";

const KEPT = "accord-key";
const LEARNT_FOR = 300_000;

/** @typedef {import("../api.d.ts").Me} Me */
/** @typedef {import("../api.d.ts").RoleKey} Role */
/** @typedef {{kind: "key", key: string} | {kind: "askKey"} | import("./entra.js").Directory} Way */

/** @type {Promise<void> | null} */
let begun = null;
/** @type {string | null} */
let local = null;
/** @type {typeof import("./entra.js") | null} */
let entra = null;
let refused = false;
/** @type {Me | null} */
let me = null;
/** @type {number} */
let learntAt = -Infinity;

/** What a directory sent back behind the #, which is sent to no server and is taken out of sight at once. */
const brought = takeFragment();

/** @returns {URLSearchParams | null} */
function takeFragment() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("state") || !(given.has("code") || given.has("error"))) return null;
  const back = JSON.parse(sessionStorage.getItem("accord-sign-in") ?? "{}").address;
  history.replaceState(null, "", back ?? location.pathname + location.search);
  return given;
}

/** @returns {Promise<Way>} */
async function ask() {
  const response = await fetch("/page/session.json", { method: "POST", cache: "no-store" });
  return response.ok ? response.json() : { kind: "askKey" };
}

async function begin() {
  const way = await ask();
  local = way.kind === "key" ? way.key : null;
  if (way.kind !== "entra" || sessionStorage.getItem(KEPT) !== null) return;
  entra = await import("./entra.js");
  await entra.begin(way, brought);
  if (!entra.signedIn()) refuse();
}

/** Finds out once how people sign in here, and signs them in; a key that is typed counts before all else. */
export async function ensure() {
  try {
    await (begun ??= begin());
  } catch {
    begun = null;
  }
}

/**
 * What a request to the API proves itself with. Throws a Refusal where somebody has to sign in to the directory first,
 * or it could not be found out how (status 0: it is tried again).
 * @returns {Promise<Record<string, string>>}
 */
export async function headers() {
  await ensure();
  if (begun === null) throw new Refusal(0, { title: "", detail: "" });
  const known = await proof();
  if (Object.keys(known).length && Date.now() - learntAt > LEARNT_FOR) learn(known);
  return known;
}

/** @returns {Promise<Record<string, string>>} */
async function proof() {
  const key = sessionStorage.getItem(KEPT) ?? local;
  if (key !== null) return { "x-functions-key": key };
  const token = await entra?.token().catch(() => {
    throw new Refusal(0, { title: "", detail: "" });
  });
  if (token) return { Authorization: `Bearer ${token}` };
  if (!entra) return {};
  if (!refused) refuse();
  throw new Refusal(401, { title: say("core.signIn"), detail: "" });
}

/** Asks who this is, beside whatever the page is doing. @param {Record<string, string>} known */
async function learn(known) {
  learntAt = Date.now();
  try {
    const response = await fetch("/api/v1/me", { headers: known, cache: "no-store" });
    if (!response.ok) return;
    me = await response.json();
    redraw();
  } catch {
    learntAt = Date.now() - LEARNT_FOR + 10_000;
  }
}

/** Who reads the page, once that is known. @returns {Me | null} */
export const reader = () => me;

/**
 * Whether the reader may act in this role, on this tenant where one is named. Until it is known who they are, they
 * are offered everything: the API refuses what they may not.
 * @param {Role} role @param {string} [tenant]
 */
export function may(role, tenant) {
  if (me === null) return true;
  if (tenant === undefined) return me.roles.includes(role);
  if (me.tenants && !me.tenants.includes(tenant)) return false;
  return (me.narrowed[tenant] ?? me.roles).includes(role);
}

/** Whether the person has to sign in before anything can be read. */
export const keyWanted = () => refused;

/** Whether they sign in by a directory, and why that did not go well the last time. */
export const byDirectory = () => (entra ? { reason: entra.reason() } : null);

/** The API did not accept who asks: the page asks them to sign in. */
export function refuse() {
  if (local === null && sessionStorage.getItem(KEPT) === null && entra?.signedIn() && entra.doubt()) return;
  refused = true;
  me = null;
  redraw();
}

/** @param {string} typed */
export function useKey(typed) {
  sessionStorage.setItem(KEPT, typed.trim());
  refused = false;
  learntAt = -Infinity;
  redraw();
}

/** Goes to the directory to sign in. */
export const signInAtDirectory = () => entra?.leave();

/** Forgets the key that was typed, or leaves the directory. */
export function signOut() {
  const typed = sessionStorage.getItem(KEPT) !== null;
  sessionStorage.removeItem(KEPT);
  if (!typed && entra) return entra.signOut();
  refused = local === null;
  me = null;
  learntAt = -Infinity;
  redraw();
}

/** Whether there is something to sign out of. */
export const canSignOut = () => sessionStorage.getItem(KEPT) !== null || (entra?.signedIn() ?? false);
