// What somebody is changing of a tenant's settings: the draft, what it was made from, and the patch between.

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {{displayName: string, entraTenantId: string, settings: Record<string, any>}} Writable as PATCH takes it */
/** @typedef {{field: string, detail: string}} Fault */

/**
 * @param {Tenant} tenant
 * @returns {Writable}
 */
export function writable(tenant) {
  const { displayName, entraTenantId, settings } = tenant;
  return structuredClone({ displayName, entraTenantId, settings });
}

/**
 * Whether two JSON values are the same, whatever the order of their names.
 * @param {unknown} one
 * @param {unknown} other
 * @returns {boolean}
 */
export function same(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [Object.entries(one), new Map(Object.entries(other))];
  return left.length === right.size && left.every(([name, value]) => right.has(name) && same(value, right.get(name)));
}

/**
 * A JSON merge patch (RFC 7396) that makes `to` of `from`; null where there is nothing to do.
 * @param {Record<string, any>} from
 * @param {Record<string, any>} to
 * @returns {Record<string, any> | null}
 */
export function patchOf(from, to) {
  /** @type {Record<string, any>} */
  const patch = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (same(from[name], to[name])) continue;
    if (!(name in to) || to[name] === null) patch[name] = null;
    else if (plain(from[name]) && plain(to[name])) patch[name] = patchOf(from[name], to[name]);
    // A merge patch cannot tell a new object's null from "leave it out": both bring the default.
    else patch[name] = to[name];
  }
  return Object.keys(patch).length ? patch : null;
}

/**
 * @param {any} target
 * @param {any} patch
 * @returns {any} what the patch makes of it
 */
export function patched(target, patch) {
  if (!plain(patch)) return patch;
  const made = plain(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null && !plain(made[name]) && name in made && NULLABLE.has(name)) made[name] = null;
    else if (value === null) delete made[name];
    else made[name] = patched(made[name], value);
  }
  return made;
}

/** Settings whose value may be null. */
const NULLABLE = new Set(["clientId", "keyVaultName"]);

/** @param {unknown} value */
function plain(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What a JSON pointer leads to.
 * @param {unknown} value
 * @param {string} pointer
 * @returns {unknown}
 */
export function valueAt(value, pointer) {
  const parts = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return parts.reduce((/** @type {any} */ at, part) => at?.[part], value);
}

/**
 * The faults at a field or below it: `/settings/protected/3` belongs to `/settings/protected`.
 * @param {Fault[]} faults
 * @param {string} field
 */
export function faultsAt(faults, field) {
  return faults.filter((one) => one.field === field || one.field.startsWith(`${field}/`));
}
