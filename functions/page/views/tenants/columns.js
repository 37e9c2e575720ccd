// The columns of the table, and which of them are shown: kept in this browser, or as a link says.
import { route } from "../../core/router.js";
import { say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { html } from "../../core/view.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {{key: string, name: () => string, cell: (tenant: Tenant) => unknown, numeric?: boolean}} Column */

const KEPT = "accord-columns";
const FIRST = ["since", "lastSync", "nextSync", "waiting"];

/** @type {Column[]} */
export const COLUMNS = [
  { key: "since", name: () => say("tenants.since"), cell: (one) => when(one.statusSince) },
  { key: "lastSync", name: () => say("tenants.lastSync"), cell: lastSync },
  { key: "nextSync", name: () => say("tenants.nextSync"), cell: (one) => (one.nextSyncAt ? when(one.nextSyncAt) : none("tenants.noNext")) },
  { key: "waiting", name: () => say("tenants.waiting"), numeric: true, cell: (one) => one.changesWaiting || none("tenants.noneWaiting") },
  { key: "permissions", name: () => say("tenants.permissions"), numeric: true, cell: (one) => one.permissionsRequired || none("tenants.noPermission") },
  { key: "schedule", name: () => say("tenants.schedule"), cell: schedule },
  { key: "directory", name: () => say("tenants.directory"), cell: (one) => html`<code>${one.entraTenantId}</code>` },
];

/** Nothing there: a dash for the eye, a word for the ear. @param {string} key */
const none = (key) => html`<span aria-hidden="true" class="muted">–</span><span class="unseen">${say(key)}</span>`;

/** @param {Tenant} tenant */
function lastSync({ lastSync: last }) {
  if (!last) return none("tenants.never");
  return html`<span class="badge ${last.outcome}">${say(`outcome.${last.outcome}`)}</span> <small>${when(last.endedAt)}</small>`;
}

/** @param {Tenant} tenant */
function schedule({ settings: { schedule: it } }) {
  return it.enabled ? html`<code>${it.cron}</code> <small>${it.timeZone}</small>` : none("tenants.noNext");
}

/** @type {{from: string, columns: Column[]} | null} */
let chosen = null;

/** The columns that are shown; the same list until another is chosen. */
export function columns() {
  const from = route().params.get("columns") ?? localStorage.getItem(KEPT) ?? FIRST.join();
  if (chosen?.from !== from) chosen = { from, columns: COLUMNS.filter(({ key }) => from.split(",").includes(key)) };
  return chosen.columns;
}

/** @param {string} key @param {boolean} shown */
export function showColumn(key, shown) {
  const now = columns().map((one) => one.key);
  localStorage.setItem(KEPT, (shown ? [...now, key] : now.filter((one) => one !== key)).join());
}

