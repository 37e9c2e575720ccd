// Which tenants are shown, and in which order: decided by the address alone, so that it can be sent to others.
import { language, say } from "../../core/texts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").StatusKey} StatusKey */
/** @typedef {{status: StatusKey[], search: string, sort: string, down: boolean}} Wanted */

/** The statuses, those that ask for somebody first. @type {StatusKey[]} */
export const STATUSES = [
  "newError", "pendingAuthentication", "pendingApproval", "pendingAdminConsent", "partiallySucceeded",
  "inProgress", "starting", "notRun", "idle",
];

/** @param {Tenant} one */
const ended = (one) => one.lastSync?.endedAt ?? null;

/** What a column sorts by: texts and numbers; null comes last, whichever way. @type {Record<string, (one: Tenant) => string | number | null>} */
const KEYS = {
  name: (one) => one.displayName,
  status: (one) => STATUSES.indexOf(one.status),
  since: (one) => one.statusSince,
  lastSync: ended,
  nextSync: (one) => one.nextSyncAt,
  waiting: (one) => one.changesWaiting || null,
  permissions: (one) => one.permissionsRequired || null,
  schedule: (one) => (one.settings.schedule.enabled ? one.settings.schedule.cron : null),
  directory: (one) => one.entraTenantId,
};

/** @param {URLSearchParams} params @returns {Wanted} */
export function wanted(params) {
  const asked = params.get("sort") ?? "name", down = asked.startsWith("-");
  const sort = asked.replace(/^-/, "");
  const status = (params.get("status") ?? "").split(",");
  return {
    status: STATUSES.filter((one) => status.includes(one)),
    search: params.get("search") ?? "",
    sort: Object.hasOwn(KEYS, sort) ? sort : "name",
    down,
  };
}

/** A text as it is searched: without case and accents. @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * @param {Tenant[]} tenants
 * @param {Wanted} asked
 * @returns {Tenant[]}
 */
export function found(tenants, { status, search, sort, down }) {
  const words = plain(search).split(/\s+/).filter(Boolean);
  const fits = tenants.filter((one) => {
    if (status.length && !status.includes(one.status)) return false;
    if (!words.length) return true;
    const text = plain(`${one.displayName} ${one.id} ${one.entraTenantId}`);
    return words.every((word) => text.includes(word));
  });
  return sorted(fits, KEYS[sort], down);
}

/** @param {Tenant[]} tenants @param {(one: Tenant) => string | number | null} key @param {boolean} down */
function sorted(tenants, key, down) {
  const { compare } = new Intl.Collator(language(), { numeric: true, sensitivity: "base" });
  const keyed = tenants.map((one) => ({ one, by: key(one) }));
  keyed.sort((a, b) => {
    if (a.by === null || b.by === null) {
      if (a.by !== b.by) return a.by === null ? 1 : -1;
    } else {
      const order = typeof a.by === "number" ? a.by - Number(b.by) : compare(a.by, String(b.by));
      if (order) return down ? -order : order;
    }
    return compare(a.one.displayName, b.one.displayName) || compare(a.one.id, b.one.id);
  });
  return keyed.map(({ one }) => one);
}

/** How many tenants have each status. @param {Tenant[]} tenants @returns {Map<StatusKey, number>} */
export function counts(tenants) {
  const many = new Map();
  for (const one of tenants) many.set(one.status, (many.get(one.status) ?? 0) + 1);
  return many;
}

/** @param {StatusKey} status */
export const statusName = (status) => say(`status.${status}`);
