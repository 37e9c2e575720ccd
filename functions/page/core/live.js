// What is going on now: the tenants, asked for every two seconds while somebody looks, and whatever else a view
// watches. An answer that has not changed costs a 304; a lost connection is said, and looked for again.
import { Refusal, all, get } from "./api.js";
import { announce, failed } from "./message.js";
import { keyWanted } from "./session.js";
import { redraw } from "./state.js";
import { say } from "./texts.js";

/** @typedef {import("../api.d.ts").Tenant} Tenant */
/** @typedef {{path: string, seconds: number, ask: () => Promise<void>, timer: number, running: boolean}} Watch */

const SECONDS = 2, HIDDEN = 30, LOST = [2, 4, 8, 15];
const TENANTS = "/tenants?top=1000";

/** @type {Tenant[]} */
let list = [];
/** @type {Map<string, {text: string, tenant: Tenant}>} */
let byId = new Map();
/** @type {unknown} */
let seen = null;
let loaded = false;
let lost = 0;

/** Every tenant that the reader may see, by id; a tenant that has not changed is the same object. */
export const tenants = () => list;
/** @param {string | null} id @returns {Tenant | undefined} */
export const tenant = (id) => (id ? byId.get(id)?.tenant : undefined);
/** Whether the tenants have been read at all. */
export const ready = () => loaded;
/** @returns {"live" | "lost"} */
export const connection = () => (lost ? "lost" : "live");

/** @type {Set<Watch>} */
const watches = new Set();

/** @param {Watch} one */
function plan(one) {
  clearTimeout(one.timer);
  if (!watches.has(one) || keyWanted()) return;
  const seconds = lost ? LOST[Math.min(lost, LOST.length) - 1] : document.hidden ? HIDDEN : one.seconds;
  one.timer = setTimeout(() => run(one), seconds * 1000);
}

/** Whether the same again may go well: no connection, too long, too often, or a fault over there. @param {number} status */
const passing = (status) => status === 0 || status === 408 || status === 429 || status >= 500;

/** @param {Watch} one */
async function run(one) {
  if (one.running) return;
  clearTimeout(one.timer);
  one.running = true;
  try {
    await one.ask();
    if (lost) {
      lost = 0;
      announce(say("core.connected"));
      redraw();
    }
  } catch (error) {
    if (error instanceof Refusal && passing(error.status)) {
      lost += 1;
      redraw();
    } else if (!(error instanceof Refusal) || error.status !== 401) {
      // The table of tenants is asked for again whatever happened: the page would stand still without a word.
      if (one.path === TENANTS) lost += 1;
      else watches.delete(one);
      failed(error);
    }
  } finally {
    one.running = false;
    plan(one);
  }
}

/**
 * Asks for a path now and again, and hands on what it answers whenever that has changed.
 * @param {string} path
 * @param {(value: any) => void} onValue
 * @param {{seconds?: number}} [options]
 * @returns {() => void} stops it
 */
export function watch(path, onValue, { seconds = SECONDS } = {}) {
  /** @type {unknown} */
  let before;
  /** @type {Watch} */
  const one = { path, seconds, timer: 0, running: false, ask };
  async function ask() {
    const value = await get(path);
    if (value === before || !watches.has(one)) return;
    before = value;
    onValue(value);
    redraw();
  }
  watches.add(one);
  void run(one);
  return () => {
    clearTimeout(one.timer);
    watches.delete(one);
  };
}

/** Asks for everything that is watched at once: somebody has just done something. */
export function poke() {
  for (const one of watches) void run(one);
}

/** @param {Tenant[]} found */
function take(found) {
  if (found === seen) return;
  seen = found;
  const before = byId;
  byId = new Map(found.map((one) => {
    const text = JSON.stringify(one), known = before.get(one.id);
    return [one.id, known?.text === text ? known : { text, tenant: one }];
  }));
  list = [...byId.values()].map((one) => one.tenant);
  if (loaded) tellChanges(before);
  loaded = true;
  redraw();
}

/** @param {Map<string, {tenant: Tenant}>} before */
function tellChanges(before) {
  const changed = list.filter((one) => {
    const was = before.get(one.id)?.tenant;
    return was && was.status !== one.status;
  });
  if (changed.length > 3) announce(say.count("core.statusesChanged", changed.length));
  else if (changed.length) {
    announce(changed.map((one) => say("core.statusChanged", { tenant: one.displayName, status: one.statusLabel })).join(" "));
  }
}

/** Begins to ask for the tenants; app.js does, once. */
export function begin() {
  const ask = async () => take(await all(TENANTS));
  watches.add({ path: TENANTS, seconds: SECONDS, timer: 0, running: false, ask });
  poke();
  addEventListener("online", poke);
  document.addEventListener("visibilitychange", () => !document.hidden && poke());
  document.addEventListener("accord-language", poke);
}
