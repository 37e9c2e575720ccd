// The summary report of a sync: how it ended, in numbers, what was not read, and each item that changed with its
// values before and after.
import { get } from "../../core/api.js";
import { described } from "../../core/message.js";
import { redraw } from "../../core/state.js";
import { known, language, number, say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { change, pathText, side } from "../review/values.js";
import { typeTitle } from "../review/types.js";
import { syncPath } from "./actions.js";
import { loaded } from "./loaded.js";

/** @typedef {import("../../api.d.ts").Report} Report */
/** @typedef {import("../../api.d.ts").Row} Row */
/** @typedef {import("../../api.d.ts").Unread} Unread */

const FIRST = 50;
/** @type {Set<string>} reports that are shown whole, and cards that are open */
const whole = new Set(), opened = new Set();

/** @typedef {3 | 4} Level of the headings inside: one below the heading that stands over the report */

/** @param {Level} level @param {string} text */
const heading = (level, text) => level === 3 ? html`<h3>${text}</h3>` : html`<h4>${text}</h4>`;

/** @param {string} tenant @param {string} sync @param {Level} [level] */
export function summaryReport(tenant, sync, level = 4) {
  const path = `${syncPath(tenant, sync)}/report?format=json`;
  const found = loaded(`${language()} ${path}`, () => get(path));
  if (found.error) return html`<p class="muted">${described(found.error)}</p>`;
  if (!found.value) return html`<p class="muted">${say("status.loading")}</p>`;
  return shown(/** @type {Report} */ (found.value), path, level);
}

/** @param {Report} report @param {string} name @param {Level} level */
function shown(report, name, level) {
  const counted = report.notRead.filter((one) => one.counted), rest = report.notRead.filter((one) => !one.counted);
  return html`<div class="report">
    ${tiles(report)}
    ${counted.length ? html`${heading(level, say.count("status.notRead", counted.length))}${unread(counted)}` : nothing}
    ${items(report, name, level)}
    ${rest.length ? html`<details><summary>${say.count("status.notIncluded", rest.length)}</summary>${unread(rest)}</details>` : nothing}
  </div>`;
}

/** @param {string} name @param {[string, number][]} counts */
const tile = (name, counts) => html`<div class="tile"><dt>${name}</dt>
  ${counts.map(([label, n]) => html`<dd class=${n ? "" : "none"}>${label} <b>${number(n)}</b></dd>`)}</div>`;

/** @param {Report} report */
function tiles({ drift, plan, deploy, counts }) {
  /** @param {string[]} names @param {Record<string, unknown>} of @returns {[string, number][]} */
  const numbers = (names, of) => names.map((name) => [say(`status.count.${name}`), Number(of[name])]);
  const deployed = deploy.applied + deploy.failed + deploy.stale + deploy.skipped;
  return html`<dl class="tiles">
    ${tile(say("status.adopted"), numbers(["added", "changed", "removed"], { ...drift }))}
    ${plan ? tile(say("status.proposed"), numbers(["changes", "deletions", "conflicts", "blocked"], { ...plan })) : nothing}
    ${deployed ? tile(say("status.deployed"), numbers(["applied", "failed", "stale", "skipped"], { ...deploy })) : nothing}
    ${tile(say("status.alike"), [[say("status.count.items"), counts.unchanged]])}
  </dl>`;
}

/** @param {Unread[]} list */
const unread = (list) => html`<ul class="unread">${list.map((one) => html`<li>
  <b>${typeTitle(one.type)}</b>: ${known(`notRead.${one.reason}`) ? say(`notRead.${one.reason}`) : one.reason}
  ${one.detail ? html`<br><small>${one.detail}</small>` : nothing}
  ${one.names?.length ? html`<details><summary>${say.count("status.gone", one.names.length)}</summary>
    <ul>${one.names.map((name) => html`<li>${name}</li>`)}</ul></details>` : nothing}
</li>`)}</ul>`;

/** What became of a row's change, as the report's texts name it. @param {Row} row */
function fate(row) {
  if (["failed", "stale", "skipped", "blocked"].includes(row.change)) return row.change;
  return { backup: "adopted", preview: "proposed", deploy: "applied" }[row.action] ?? row.change;
}

/** @param {string} became */
export const fateLook = (became) =>
  ({ failed: "bad", stale: "warn", skipped: "warn", blocked: "warn", applied: "good", adopted: "info" })[became] ?? "";

/** Rows of an item belong together. @param {Row[]} rows @returns {Row[][]} */
function grouped(rows) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.action} ${row.change === "blocked"} ${row.file}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const urgent = (/** @type {Row[]} */ group) => group.some((row) => row.change === "failed") ? 0 : 1;
  return [...groups.values()].sort((one, other) => urgent(one) - urgent(other));
}

/** @param {Report} report @param {string} name @param {Level} level */
function items(report, name, level) {
  if (!report.rows.length) return html`<p class="muted">${say("status.noRows")}</p>`;
  const groups = grouped(report.rows), cut = !whole.has(name) && groups.length > FIRST + 10;
  const more = () => { whole.add(name); redraw(); };
  return html`${heading(level, say.count("status.items", groups.length))}
    <div class="cards">${(cut ? groups.slice(0, FIRST) : groups).map((group) => card(group, name))}</div>
    ${cut ? html`<button type="button" @click=${more}>${say.count("status.showRest", groups.length - FIRST)}</button>` : nothing}`;
}

/** @param {Row[]} rows @param {string} name */
function card(rows, name) {
  const first = /** @type {Row} */ (rows[0]), became = fate(first), key = `${name} ${first.action} ${became} ${first.file}`;
  /** @param {Event} event */
  const toggled = (event) => {
    const open = /** @type {HTMLDetailsElement} */ (event.currentTarget).open;
    if (open === opened.has(key)) return;
    if (open) opened.add(key);
    else opened.delete(key);
    redraw();
  };
  return html`<details class="item" ?open=${opened.has(key)} @toggle=${toggled}>
    <summary><span class="badge ${fateLook(became)}">${say(`fate.${became}`)}</span>
      <span class="name">${first.item}</span> <small>${typeTitle(first.type)}</small>
      ${rows.some((row) => row.conflict) ? html`<span class="badge warn">${say("review.conflictBadge")}</span>` : nothing}
      ${first.error ? html`<span class="why">${first.error.message}</span>` : nothing}</summary>
    ${opened.has(key) ? html`<p class="muted mono">${first.file}</p>${why(first)}${rows.filter((row) => row.path).map(property)}` : nothing}
  </details>`;
}

/** @param {Row} row */
const why = ({ error }) => error ? html`<div class="note">
  <p>${error.message}</p>
  ${error.detail && !error.message.includes(error.detail) ? html`<p>${error.detail}</p>` : nothing}
  ${error.advice ? html`<p>${error.advice}</p>` : nothing}
  ${error.requestId ? html`<p><small>${say("status.requestId")} <code>${error.requestId}</code></small></p>` : nothing}
</div>` : nothing;

const nowhere = () => null;

/** @param {Row} row */
function property(row) {
  const backup = row.action === "backup";
  const names = { before: say("status.before"), after: say("status.after") };
  return html`<div class="property"><p class="path">${pathText(row.path, nowhere)}</p>
    ${change(side(row, backup ? "base" : "tenant"), side(row, backup ? "tenant" : "repository"), names, nowhere)}</div>`;
}
