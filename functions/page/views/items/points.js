// Points in the history of a repository: its commits, and the one that was there at a date.
import { all, page } from "../../core/api.js";
import { listed } from "../tenant/loaded.js";
import { queried } from "./addresses.js";

/** @typedef {import("../../api.d.ts").Commit} Commit */

const MANY = 100;
/** Commits that were seen, to name a point by. @type {Map<string, Commit>} */
const seen = new Map();

/**
 * The commits of a repository, or those that touch one path; the newest first.
 * @param {string} tenant
 * @param {string | null} path
 * @param {string} stamp
 * @param {number} [top]
 */
export function points(tenant, path, stamp, top = MANY) {
  const asked = listed(`points/${tenant}/${path ?? ""}`, `/tenants/${tenant}/commits${queried({ path })}`, stamp, top);
  for (const one of asked.value?.value ?? []) seen.set(`${tenant} ${one.id}`, one);
  return asked;
}

/**
 * What is known of a commit.
 * @param {string} tenant
 * @param {string} ref
 */
export function pointNamed(tenant, ref) {
  return seen.get(`${tenant} ${ref}`);
}

/**
 * The commit that stood at a moment; undefined where the repository began later.
 * @param {string} tenant
 * @param {Date} moment
 * @returns {Promise<Commit | undefined>}
 */
export async function pointAt(tenant, moment) {
  for (let next = `/tenants/${tenant}/commits?top=${MANY}`; next; ) {
    const { value, nextLink } = await page(next);
    const found = value.find((/** @type {Commit} */ one) => Date.parse(one.at) <= moment.getTime());
    if (found) {
      seen.set(`${tenant} ${found.id}`, found);
      return found;
    }
    next = nextLink;
  }
  return undefined;
}

/**
 * Every difference between two points, whichever tenant the second is of.
 * @param {string} tenant
 * @param {Record<string, string | null | undefined>} query
 * @returns {Promise<import("../../api.d.ts").Difference[]>}
 */
export function differences(tenant, query) {
  return all(`/tenants/${tenant}/differences${queried({ ...query, top: 1000 })}`);
}
