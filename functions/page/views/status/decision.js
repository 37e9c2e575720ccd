// The window in which a decision is made: what it does, what is deleted (confirmed on its own), a comment, and the
// digest that it is bound to. What the API refuses is said in the window.
import { Refusal, post } from "../../core/api.js";
import { openDialog } from "../../core/dialogs.js";
import { poke } from "../../core/live.js";
import { described, tell } from "../../core/message.js";
import { redraw } from "../../core/state.js";
import { say } from "../../core/texts.js";
import { dayAndTime } from "../../core/time.js";
import { html, nothing } from "../../core/view.js";
import { syncPath } from "./actions.js";

/** @typedef {import("../../api.d.ts").DecisionKey} DecisionKey */
/** @typedef {import("../../api.d.ts").Decision} Decision */

/**
 * @typedef {object} Choice what would become of which changes
 * @property {number} count changes that the decision is about
 * @property {number} left changes that stay pending beside it
 * @property {string[] | null} ids the chosen ones; null: all of the plan
 * @property {string[]} deletions names of what would be deleted in the tenant
 * @property {number} conflicts
 */
/**
 * @typedef {object} Question
 * @property {{id: string, displayName: string}} tenant
 * @property {string} sync
 * @property {string} digest
 * @property {DecisionKey} decision
 * @property {Choice} choice
 * @property {() => void} [onDecided]
 */

/** @param {Question} question */
export function openDecision(question) {
  const state = { comment: "", sure: false, refusal: /** @type {unknown} */ (null), busy: false };
  const send = async () => {
    if (state.busy) return;
    state.busy = true;
    state.refusal = null;
    redraw();
    try {
      await post(`${syncPath(question.tenant.id, question.sync)}/decision`, bodyOf(question, state));
      dialog.close();
      tell(say(`review.done.${question.decision}`, { tenant: question.tenant.displayName }));
      question.onDecided?.();
    } catch (error) {
      state.refusal = error;
    } finally {
      state.busy = false;
      poke();
      redraw();
    }
  };
  const { decision, tenant } = question;
  const dialog = openDialog({
    title: () => say(`review.ask.${decision}`, { tenant: tenant.displayName }),
    body: () => body(question, state),
    actions: () => html`<button type="button" class=${decision === "approve" ? "primary" : "danger"}
      aria-busy=${state.busy} aria-disabled=${needsWord(question) && !state.sure}
      @click=${() => (needsWord(question) && !state.sure ? undefined : send())}>${say(`review.${decision}`)}</button>`,
  });
}

/** Deletions are confirmed on their own. @param {Question} question */
const needsWord = ({ decision, choice }) => decision === "approve" && choice.deletions.length > 0;

/** @param {Question} question @param {{comment: string, sure: boolean}} state */
function bodyOf({ decision, digest, choice }, { comment, sure }) {
  return {
    decision,
    digest,
    ...(comment.trim() && { comment: comment.trim() }),
    ...(choice.ids && decision !== "reject" && { changes: choice.ids }),
    ...(decision === "approve" && choice.deletions.length && { confirmDeletions: sure }),
  };
}

/** @param {Question} question @param {{comment: string, sure: boolean, refusal: unknown}} state */
function body(question, state) {
  const { decision, choice, digest } = question;
  const typed = (/** @type {Event} */ event) => { state.comment = /** @type {HTMLTextAreaElement} */ (event.target).value; };
  const confirm = (/** @type {Event} */ event) => {
    state.sure = /** @type {HTMLInputElement} */ (event.target).checked;
    redraw();
  };
  return html`<div class="decision">
    <p>${say.count(`review.will.${decision}`, choice.count, { tenant: question.tenant.displayName })}</p>
    ${decision === "approve" && choice.left ? html`<p>${say.count("review.left", choice.left)}</p>` : nothing}
    ${decision === "approve" && choice.conflicts ? html`<p class="note">${say.count("review.overwrites", choice.conflicts)}</p>` : nothing}
    ${needsWord(question) ? html`<div class="note bad">
      <p><b>${say.count("review.deletes", choice.deletions.length)}</b></p>
      <ul class="names">${choice.deletions.map((name) => html`<li>${name}</li>`)}</ul>
      <label class="choice"><input type="checkbox" .checked=${state.sure} @change=${confirm}> ${say.count("review.confirmDeletions", choice.deletions.length)}</label>
    </div>` : nothing}
    <p class="field"><label for="decision-comment">${say("review.comment")}</label>
      <textarea id="decision-comment" rows="3" maxlength="1000" autofocus @input=${typed}></textarea></p>
    <p><small>${say("review.bound")} <code class="digest">${digest}</code></small></p>
    <div role="alert">${state.refusal ? html`<div class="note bad"><p>${refused(state.refusal)}</p></div>` : nothing}</div>
  </div>`;
}

/** Why the decision was refused; if somebody else decided, who and what. @param {unknown} error */
function refused(error) {
  const made = error instanceof Refusal ? /** @type {Decision | undefined} */ (error.problem.decision) : undefined;
  return made && error instanceof Refusal ? `${error.title}. ${decisionText(made)}` : described(error);
}

/** A decision in one sentence: what, who, when. @param {Decision} decision */
export function decisionText({ decision, by, decidedBy, at, via, comment }) {
  const who = decidedBy ?? by;
  const text = say("review.decided", { what: say(`decision.${decision}`), who, at: dayAndTime(at) });
  const through = via && via !== who && via !== "page" ? ` ${say("review.via", { via })}` : "";
  return `${text}${through}${comment ? ` ${say("review.commented", { comment })}` : ""}`;
}
