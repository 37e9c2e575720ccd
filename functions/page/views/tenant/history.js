// The syncs of a tenant, newest first.
import { html, nothing, repeat } from "../../core/view.js";
import { act } from "../../core/act.js";
import { save } from "../../core/api.js";
import { href } from "../../core/router.js";
import { number, say } from "../../core/texts.js";
import { duration, when } from "../../core/time.js";
import { listed } from "./loaded.js";
import { drawn, moreButton } from "./parts.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("../../api.d.ts").Sync} Sync */

/**
 * @param {Tenant} tenant
 * @param {import("../../core/router.js").Route} route
 * @param {string} stamp
 */
export function historyPanel(tenant, route, stamp) {
  const name = `syncs/${tenant.id}`;
  const moved = [stamp, tenant.activeSync, tenant.lastSync?.id, tenant.status].join(" ");
  const asked = listed(name, `/tenants/${tenant.id}/syncs`, moved);
  return drawn(asked, name, ({ value }) => html`
    ${value.length ? table(tenant, value) : html`<p class="empty">${say("tenant.noSyncs")}</p>`}
    ${moreButton(asked.more)}`);
}

/**
 * @param {Tenant} tenant
 * @param {Sync[]} syncs
 */
function table(tenant, syncs) {
  const heads = [say("tenant.outcome"), say("tenant.startedAt"), say("tenant.startedBy"), say("tenant.took"),
    say("tenant.drift"), say("tenant.deployed"), say("tenant.downloads")];
  return html`<div class="scroll"><table class="table history stacks"><caption class="unseen">${say("tenant.tabHistory")}</caption>
    <thead><tr>${heads.map((one) => html`<th scope="col">${one}</th>`)}</tr></thead>
    <tbody>${repeat(syncs, (one) => one.id, (one) => row(tenant, one, heads))}</tbody>
  </table></div>`;
}

/**
 * @param {Tenant} tenant
 * @param {Sync} sync
 * @param {string[]} heads
 */
function row(tenant, sync, heads) {
  const { drift, deploy } = sync;
  return html`<tr>
    <th scope="row" data-head=${heads[0]}><a data-link href=${href({ tenant: tenant.id, sync: sync.id })}>${outcome(sync)}</a>
      ${reasons(sync).map((one) => html`<small>${one}</small>`)}</th>
    <td data-head=${heads[1]}>${when(sync.startedAt)}${mode(sync)}</td>
    <td data-head=${heads[2]}>${starter(sync)}${sync.comment ? html`<small class="comment">${sync.comment}</small>` : nothing}</td>
    <td data-head=${heads[3]}>${took(sync)}</td>
    <td data-head=${heads[4]}>${counts([
      [drift.added, say("tenant.added")], [drift.changed, say("tenant.changed")], [drift.removed, say("tenant.removed")],
    ])}</td>
    <td data-head=${heads[5]}>${counts([
      [deploy.applied, say("tenant.applied")], [deploy.failed, say("tenant.failed")],
      [deploy.stale, say("tenant.stale")], [deploy.skipped, say("tenant.skipped")],
    ])}</td>
    <td data-head=${heads[6]} class="downloads">${downloads(tenant, sync)}</td>
  </tr>`;
}

/** @param {Sync} sync */
export function outcome(sync) {
  if (!sync.outcome) return html`<span class="badge ${sync.status}">${say(`status.${sync.status}`)}</span>`;
  return html`<span class="badge outcome-${sync.outcome}">${say(`outcome.${sync.outcome}`)}</span>`;
}

/**
 * Why it ended as it did, in one sentence each.
 * @param {Sync} sync
 */
function reasons(sync) {
  const told = sync.incomplete.map((one) => say(`incomplete.${one}`));
  if (sync.cause) told.unshift(say(`cause.${sync.cause}`));
  if (sync.error && !sync.cause) told.push(sync.error.message);
  return told;
}

/** @param {Sync} sync */
function mode(sync) {
  if (sync.mode === "backupOnly") return html`<small>${say("tenant.backupOnly")}</small>`;
  return sync.mode === "previewOnly" ? html`<small>${say("tenant.previewOnly")}</small>` : nothing;
}

/** @param {Sync} sync */
function starter(sync) {
  return sync.startedBy.kind === "schedule" ? say("tenant.bySchedule") : sync.startedBy.name;
}

/** @param {Sync} sync */
function took(sync) {
  const end = sync.endedAt ? Date.parse(sync.endedAt) : Date.now();
  return duration(Math.max(0, (end - Date.parse(sync.startedAt)) / 1000));
}

/** @param {[number, string][]} all */
function counts(all) {
  const some = all.filter(([many]) => many > 0);
  if (!some.length) return html`<span class="dash">${say("tenant.none")}</span>`;
  return html`<ul class="counts">${some.map(([many, what]) => html`<li><b>${number(many)}</b> ${what}</li>`)}</ul>`;
}

/**
 * @param {Tenant} tenant
 * @param {Sync} sync
 */
function downloads(tenant, sync) {
  const at = `/tenants/${tenant.id}/syncs/${sync.id}`;
  const logs = file(`${at}/logs?format=text`, `${tenant.id}-${sync.id}.txt`, say("tenant.logs"), sync);
  if (!sync.endedAt) return logs;
  return html`${file(`${at}/report?format=html`, `${tenant.id}-${sync.id}.html`, say("tenant.report"), sync)}
    ${logs} ${file(`${at}/artifacts`, `${tenant.id}-${sync.id}.zip`, say("tenant.artifacts"), sync)}`;
}

/**
 * @param {string} path
 * @param {string} name
 * @param {string} label
 * @param {Sync} sync
 */
function file(path, name, label, sync) {
  const which = say("tenant.downloadOf", { what: label, when: new Date(sync.startedAt).toLocaleString() });
  return html`<button type="button" class="quiet link" aria-label=${which} @click=${(/** @type {Event} */ event) =>
    act(/** @type {HTMLButtonElement} */ (event.currentTarget), () => save(path, name))}>${label}</button>`;
}
