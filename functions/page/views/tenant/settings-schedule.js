// When syncs start by themselves: a rhythm in plain words, or a cron line, and the next times written out.
import { html, ifDefined, live, nothing } from "../../core/view.js";
import { get } from "../../core/api.js";
import { redraw } from "../../core/state.js";
import { language, say } from "../../core/texts.js";
import { line as cronLine, preset } from "./cron.js";
import { below, check, choice, described, idOf, line, part, settingsOf } from "./fields.js";

/** @typedef {import("./editing.js").Editing} Editing */
/** @typedef {{of: string, value: string[], error: string, busy: boolean}} Upcoming */

const CRON = "/settings/schedule/cron", ZONE = "/settings/schedule/timeZone", PAUSE = 600, NEXT = 5;

/** Forms whose expert field was asked for although a preset would do. @type {WeakSet<Editing>} */
const experts = new WeakSet();
/** @type {Upcoming} */
let upcoming = { of: "", value: [], error: "", busy: false };
let timer = 0;

/** @param {Editing} form */
export function schedulePart(form) {
  const { settings, set } = settingsOf(form);
  const { schedule } = settings;
  /** @param {object} change */
  const change = (change) => set("schedule", { ...schedule, ...change });
  return part(say("tenant.schedule"), say("tenant.scheduleText"), html`
    ${check(form, { field: "/settings/schedule/enabled", label: say("tenant.scheduleOn"), value: schedule.enabled, set: (value) => change({ enabled: value }) })}
    ${schedule.enabled ? html`${rhythm(form, schedule, change)}${zone(form, schedule, change)}${next(schedule)}` : nothing}`);
}

/**
 * @param {Editing} form
 * @param {{cron: string, timeZone: string}} schedule
 * @param {(change: object) => void} change
 */
function rhythm(form, schedule, change) {
  const now = preset(schedule.cron);
  if (experts.has(form)) now.rhythm = "expert";
  /** @param {string} value */
  const setRhythm = (value) => {
    if (value === "expert") experts.add(form);
    else experts.delete(form);
    const rhythm = /** @type {import("./cron.js").Rhythm} */ (value);
    change(rhythm === "expert" ? {} : { cron: cronLine({ ...now, rhythm }) });
    redraw();
  };
  return html`
    ${choice(form, { field: "/rhythm", label: say("tenant.rhythm"), value: now.rhythm, set: setRhythm, options: [
      ["daily", say("tenant.daily")], ["weekdays", say("tenant.weekdays")], ["weekly", say("tenant.weekly")], ["expert", say("tenant.expert")]] })}
    ${now.rhythm === "weekly" ? choice(form, { field: "/day", label: say("tenant.weekday"), value: String(now.day),
      set: (value) => change({ cron: cronLine({ ...now, day: Number(value) }) }), options: weekdays() }) : nothing}
    ${now.rhythm === "expert" ? line(form, { field: CRON, label: say("tenant.cron"), advice: say("tenant.cronText"), mono: true, value: schedule.cron,
      set: (value) => change({ cron: value }) }) : html`<div class="field"><label for=${idOf("/time")}>${say("tenant.at")}</label>
        <input id=${idOf("/time")} type="time" required .value=${now.time} @change=${(/** @type {Event} */ event) =>
          change({ cron: cronLine({ ...now, time: /** @type {HTMLInputElement} */ (event.target).value || now.time }) })}>
        ${below(form, { field: CRON, label: "" })}</div>`}`;
}

/** Monday first; 4 January 2026 is a Sunday. @returns {[string, string][]} */
function weekdays() {
  const format = new Intl.DateTimeFormat(language(), { weekday: "long", timeZone: "UTC" });
  return [1, 2, 3, 4, 5, 6, 0].map((day) => [String(day), format.format(Date.UTC(2026, 0, 4 + day))]);
}

/** Every zone that the browser knows; UTC is not always among them. */
const ZONES = [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];

/**
 * @param {Editing} form
 * @param {{timeZone: string}} schedule
 * @param {(change: object) => void} change
 */
function zone(form, schedule, change) {
  const field = { field: ZONE, label: say("tenant.timeZone"), advice: say("tenant.timeZoneText") };
  const { names, wrong } = described(form, field);
  return html`<div class="field"><label for=${idOf(ZONE)}>${field.label}</label>
    <input id=${idOf(ZONE)} type="text" list="time-zones" autocomplete="off" spellcheck="false" aria-invalid=${wrong} aria-describedby=${ifDefined(names)}
      .value=${live(schedule.timeZone)} @input=${(/** @type {Event} */ event) => change({ timeZone: /** @type {HTMLInputElement} */ (event.target).value.trim() })}>
    <datalist id="time-zones">${ZONES.map((one) => html`<option value=${one}></option>`)}</datalist>
    ${below(form, field)}</div>`;
}

/**
 * The next times, in the schedule's own zone.
 * @param {{cron: string, timeZone: string}} schedule
 */
function next(schedule) {
  const path = `/schedule/next?cron=${encodeURIComponent(schedule.cron)}&timeZone=${encodeURIComponent(schedule.timeZone)}&count=${NEXT}`;
  if (upcoming.of !== path) ask(path);
  return html`<div class="field next-times" aria-live="polite"><span class="label">${say("tenant.nextTimes")}</span>
    ${upcoming.error ? html`<p class="fault">${upcoming.error}</p>`
      : html`<ol class=${upcoming.busy ? "stale" : ""}>${upcoming.value.map((one) => html`<li><time datetime=${one}>${written(one, schedule.timeZone)}</time></li>`)}</ol>`}
  </div>`;
}

/** @param {string} path */
function ask(path) {
  upcoming = { of: path, value: upcoming.value, error: "", busy: true };
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const answer = { of: path, value: /** @type {string[]} */ ([]), error: "", busy: false };
    try {
      answer.value = (await get(path)).value;
    } catch (error) {
      const faults = /** @type {any} */ (error).problem?.errors;
      answer.error = faults?.map((/** @type {{detail?: string, message?: string}} */ one) => one.detail ?? one.message).join(" ") || /** @type {Error} */ (error).message;
    }
    if (upcoming.of !== path) return;
    upcoming = answer;
    redraw();
  }, PAUSE);
}

/**
 * @param {string} iso
 * @param {string} timeZone
 */
function written(iso, timeZone) {
  /** @type {Intl.DateTimeFormatOptions} */
  const style = { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  try {
    return new Intl.DateTimeFormat(language(), { ...style, timeZone }).format(new Date(iso));
  } catch {
    return new Intl.DateTimeFormat(language(), style).format(new Date(iso));
  }
}
