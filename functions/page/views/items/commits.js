// Commits of a repository: when, by whom, why.
import { html, nothing, repeat } from "../../core/view.js";
import { href } from "../../core/router.js";
import { language, say } from "../../core/texts.js";
import { when } from "../../core/time.js";
import { short } from "../tenant/parts.js";

/** @typedef {import("../../api.d.ts").Commit} Commit */

/**
 * @param {{id: string}} tenant
 * @param {Commit[]} commits
 * @param {(commit: Commit) => unknown} [actions] what can be done with each
 */
export function commitRows(tenant, commits, actions) {
  return html`<ol class="commits">${repeat(commits, (one) => one.id, (one) => html`<li>
    <div class="commit-text"><p class="commit-message">${subject(one)}</p>
      <p class="muted">${when(one.at)} · ${one.author.name} · ${short(one.id)} · ${say.count("items.files", one.files)}${
        one.sync ? html` · <a data-link href=${href({ tenant: tenant.id, sync: one.sync })}>${say("items.commitSync")}</a>` : nothing}</p></div>
    ${actions ? html`<div class="commit-actions">${actions(one)}</div>` : nothing}</li>`)}</ol>`;
}

/**
 * The first line of its message.
 * @param {Commit} commit
 */
export function subject(commit) {
  return commit.message.split("\n", 1)[0] || say("items.noMessage");
}

/**
 * A commit in one line, for lists to choose from.
 * @param {Commit} commit
 */
export function inOneLine(commit) {
  const at = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(commit.at));
  const text = subject(commit);
  return `${at} – ${text.length > 60 ? `${text.slice(0, 59)}…` : text}`;
}
