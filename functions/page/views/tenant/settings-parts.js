// The parts of the settings form that need only plain fields.
import { html } from "../../core/view.js";
import { say } from "../../core/texts.js";
import { iso, seconds, span, UNITS } from "./durations.js";
import { edit } from "./editing.js";
import { below, check, choice, described, idOf, line, lines, part, radios, settingsOf } from "./fields.js";
import { copyable } from "./parts.js";

/** @typedef {import("./editing.js").Editing} Editing */

/**
 * @param {Editing} form
 * @param {boolean} never whether no sync has run yet: only then may the directory be another
 */
export function generalPart(form, never) {
  const draft = /** @type {import("./draft.js").Writable} */ (form.draft);
  return part(say("tenant.general"), say("tenant.generalText"), html`
    ${line(form, { field: "/displayName", label: say("tenant.displayName"), value: draft.displayName,
      set: (value) => edit(form, (one) => { one.displayName = value; }) })}
    ${never ? line(form, { field: "/entraTenantId", label: say("tenant.directory"), value: draft.entraTenantId, mono: true,
      set: (value) => edit(form, (one) => { one.entraTenantId = value.trim(); }) })
      : html`<div class="field"><span class="label">${say("tenant.directory")}</span>${copyable(draft.entraTenantId, say("tenant.copyDirectory"))}
        <p class="advice">${say("tenant.directoryFixed")}</p></div>`}`);
}

/** @param {Editing} form */
export function authenticationPart(form) {
  const { settings, set } = settingsOf(form);
  return part(say("tenant.authentication"), say("tenant.authenticationText"), html`
    ${radios(form, { field: "/settings/authentication", label: say("tenant.authenticationBy"), value: settings.authentication, set: (value) => set("authentication", value),
      options: [
        ["servicePrincipal", say("tenant.byApp"), say("tenant.byAppText")],
        ["servicePrincipalAndUser", say("tenant.byUser"), say("tenant.byUserText")],
      ] })}
    ${settings.authentication === "servicePrincipalAndUser" ? html`
      ${radios(form, { field: "/settings/onSignInTimeout", label: say("tenant.nobody"), value: settings.onSignInTimeout, set: (value) => set("onSignInTimeout", value),
        options: [
          ["cancel", say("tenant.nobodyCancel"), say("tenant.nobodyCancelText")],
          ["continue", say("tenant.nobodyContinue"), say("tenant.nobodyContinueText")],
        ] })}
      ${limit(form, "signInTimeout", say("tenant.signInTimeout"), say("tenant.signInTimeoutText"))}` : ""}`);
}

/** @param {Editing} form */
export function limitsPart(form) {
  return part(say("tenant.limits"), say("tenant.limitsText"), html`
    ${limit(form, "syncTimeout", say("tenant.syncTimeout"), say("tenant.syncTimeoutText"))}
    ${limit(form, "approvalTimeout", say("tenant.approvalTimeout"), say("tenant.approvalTimeoutText"))}
    ${limit(form, "tenantApprovalTimeout", say("tenant.tenantApprovalTimeout"), say("tenant.tenantApprovalTimeoutText"))}`);
}

const UNIT_NAMES = { M: () => say("tenant.minutes"), H: () => say("tenant.hours"), D: () => say("tenant.days") };

/**
 * A length of time: a number and its unit.
 * @param {Editing} form
 * @param {string} name
 * @param {string} label
 * @param {string} advice
 */
function limit(form, name, label, advice) {
  const { settings, set } = settingsOf(form);
  const field = { field: `/settings/${name}`, label, advice };
  const known = !Number.isNaN(seconds(settings[name]));
  const { amount, unit } = known ? span(settings[name]) : { amount: NaN, unit: /** @type {const} */ ("M") };
  const { names, wrong } = described(form, field);
  return html`<div class="field"><label for=${idOf(field.field)}>${label}</label>
    <span class="pair">
      <input id=${idOf(field.field)} type="number" min="0" step="any" inputmode="decimal" aria-invalid=${wrong} aria-describedby=${names ?? ""} .value=${String(amount)}
        @change=${(/** @type {Event} */ event) => set(name, iso(/** @type {HTMLInputElement} */ (event.target).valueAsNumber || 0, unit))}>
      <select aria-label=${say("tenant.unitOf", { what: label })} @change=${(/** @type {Event} */ event) =>
        set(name, iso(amount || 0, /** @type {import("./durations.js").Unit} */ (/** @type {HTMLSelectElement} */ (event.target).value)))}>
        ${UNITS.map((one) => html`<option value=${one} .selected=${one === unit}>${UNIT_NAMES[one]()}</option>`)}
      </select></span>
    ${below(form, field)}</div>`;
}

/** @param {Editing} form */
export function safetyPart(form) {
  const { settings, set } = settingsOf(form);
  return part(say("tenant.safety"), say("tenant.safetyText"), html`
    ${check(form, { field: "/settings/requireSecondPerson", label: say("tenant.secondPerson"), advice: say("tenant.secondPersonText"),
      value: settings.requireSecondPerson, set: (value) => set("requireSecondPerson", value) })}
    ${lines(form, { field: "/settings/protected", label: say("tenant.protected"), advice: say("tenant.protectedText"),
      value: settings.protected, set: (value) => set("protected", value) })}`);
}

/** @param {Editing} form */
export function accessPart(form) {
  const { settings, set } = settingsOf(form);
  const access = settings.access ?? {};
  /** @param {string} role @param {string} label */
  const role = (role, label) => lines(form, { field: `/settings/access/${role}`, label, value: access[role] ?? [],
    set: (value) => {
      const { [role]: _, ...others } = access;
      set("access", value.length ? { ...others, [role]: value } : others);
    } });
  return part(say("tenant.access"), say("tenant.accessText"), html`
    ${role("reader", say("tenant.accessReader"))}
    ${role("operator", say("tenant.accessOperator"))}
    ${role("approver", say("tenant.accessApprover"))}`);
}

/**
 * @param {Editing} form
 * @param {boolean} never
 */
export function applicationPart(form, never) {
  const { settings, set } = settingsOf(form);
  const { clientId, credential } = settings.application;
  /** @param {object} change */
  const setCredential = (change) => set("application", { clientId, credential: { ...credential, ...change } });
  return part(say("tenant.application"), say("tenant.applicationText"), html`
    ${choice(form, { field: "/settings/cloud", label: say("tenant.cloud"), value: settings.cloud, disabled: !never,
      ...(never ? {} : { advice: say("tenant.cloudFixed") }), set: (value) => set("cloud", value),
      options: [["global", say("tenant.cloudGlobal")], ["usGov", "Microsoft 365 GCC High"], ["usGovDoD", "Microsoft 365 DoD"], ["china", say("tenant.cloudChina")]] })}
    ${line(form, { field: "/settings/application/clientId", label: say("tenant.clientId"), advice: say("tenant.clientIdText"), mono: true,
      value: clientId ?? "", set: (value) => set("application", { clientId: value.trim() || null, credential }) })}
    ${choice(form, { field: "/settings/application/credential/kind", label: say("tenant.credential"), value: credential.kind,
      set: (value) => setCredential({ kind: value }),
      options: [["default", say("tenant.credentialDefault")], ["certificate", say("tenant.credentialCertificate")],
        ["secret", say("tenant.credentialSecret")], ["federated", say("tenant.credentialFederated")]] })}
    ${credential.kind === "certificate" || credential.kind === "secret" ? line(form, { field: "/settings/application/credential/keyVaultName",
      label: say("tenant.keyVaultName"), advice: say("tenant.keyVaultNameText"), mono: true, value: credential.keyVaultName ?? "",
      set: (value) => setCredential({ keyVaultName: value.trim() || null }) }) : ""}`);
}
