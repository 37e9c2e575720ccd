// What an administrator decides about a tenant: one form, saved as a whole.
import { html, nothing } from "../../core/view.js";
import { may } from "../../core/session.js";
import { say } from "../../core/texts.js";
import { accessPart, applicationPart, authenticationPart, generalPart, limitsPart, safetyPart } from "./settings-parts.js";
import { driftPart } from "./settings-drift.js";
import { schedulePart } from "./settings-schedule.js";
import { typesPart } from "./settings-types.js";
import { discard, editing, save } from "./editing.js";
import { idOf } from "./fields.js";
import { refused, waiting } from "./parts.js";
import { removalPart } from "./removal.js";

/** @typedef {import("../../api.d.ts").Tenant} Tenant */
/** @typedef {import("./editing.js").Editing} Editing */

/**
 * @param {Tenant} tenant
 * @param {import("../../core/router.js").Route} route
 * @param {string} stamp
 */
export function settingsPanel(tenant, route, stamp) {
  const form = editing(tenant.id, stamp);
  if (!form.draft) return form.error ? refused(form.error) : waiting();
  const admin = may("Administrator", tenant.id);
  const never = !tenant.lastSync && !tenant.activeSync;
  return html`<form class="settings" novalidate @submit=${(/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void save(form, event.submitter);
  }}>
    ${summary(form)}
    ${admin ? nothing : html`<p class="notice">${say("tenant.readOnly")}</p>`}
    <fieldset class="plain" ?disabled=${!admin}>
    ${generalPart(form, never)}
    ${schedulePart(form)}
    ${typesPart(form, stamp)}
    ${authenticationPart(form)}
    ${limitsPart(form)}
    ${driftPart(form, stamp)}
    ${safetyPart(form)}
    ${accessPart(form)}
    ${applicationPart(form, never)}
    </fieldset>
    ${saveBar(form)}
  </form>
  ${admin ? removalPart(tenant) : nothing}`;
}

/**
 * The faults that the last save was refused for; each stands at its field too.
 * @param {Editing} form
 */
function summary(form) {
  if (!form.faults.length) return nothing;
  return html`<div class="notice error" role="alert" tabindex="-1" id="settings-faults"><p>${say.count("tenant.faults", form.faults.length)}</p>
    <ul>${form.faults.map((one) => html`<li>${place(one.field)} ${one.detail}</li>`)}</ul></div>`;
}

/**
 * The field of a fault by its label, as a button that leads to it; by its pointer where there is no such field.
 * @param {string} field
 */
function place(field) {
  const id = idOf(field);
  const label = document.querySelector(`label[for="${CSS.escape(id)}"]`)?.textContent;
  if (!label) return html`<code>${field}</code>`;
  return html`<button type="button" class="quiet link" @click=${() => document.getElementById(id)?.focus()}>${label}</button>`;
}

/** @param {Editing} form */
function saveBar(form) {
  return html`<div class="save-bar" ?hidden=${!form.changed}>
    <p>${say("tenant.unsaved")}</p>
    <button type="button" @click=${() => discard(form)}>${say("tenant.discard")}</button>
    <button class="primary">${say("tenant.save")}</button>
  </div>`;
}
