// Times as the reader lives them: in their zone and language, near ones by how long ago, the exact one on hover.
import { AsyncDirective } from "../vendor/lit-html/async-directive.js";
import { directive } from "../vendor/lit-html/directive.js";
import { language } from "./texts.js";
import { html, nothing } from "./view.js";

const MINUTE = 60, HOUR = 3600, DAY = 86_400;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  const name = `${language()} ${options.dateStyle} ${options.timeStyle}`;
  const known = formats.get(name);
  if (known) return known;
  const made = new Intl.DateTimeFormat(language(), options);
  formats.set(name, made);
  return made;
}

let spoken = "";
/** @type {Intl.RelativeTimeFormat} */
let ago;

function relative() {
  if (spoken !== language()) ago = new Intl.RelativeTimeFormat((spoken = language()), { numeric: "auto" });
  return ago;
}

/** The exact time, with seconds and the zone. @param {string} iso */
export const exact = (iso) => format({ dateStyle: "full", timeStyle: "long" }).format(new Date(iso));

/** Day and time, short. @param {string} iso */
export const dayAndTime = (iso) => format({ dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

/** The day, short. @param {string} iso */
export const day = (iso) => format({ dateStyle: "medium" }).format(new Date(iso));

/** How long ago or ahead, within a week; else the day. @param {string} iso */
export function near(iso) {
  const seconds = (Date.parse(iso) - Date.now()) / 1000, size = Math.abs(seconds);
  if (size >= 7 * DAY) return day(iso);
  if (size >= DAY) return relative().format(Math.round(seconds / DAY), "day");
  if (size >= HOUR) return relative().format(Math.round(seconds / HOUR), "hour");
  if (size >= MINUTE) return relative().format(Math.round(seconds / MINUTE), "minute");
  return relative().format(0, "second");
}

/** What is left until then: `2:59`; `0:00` once it is over. @param {string} iso */
export function left(iso) {
  const seconds = Math.max(0, Math.ceil((Date.parse(iso) - Date.now()) / 1000));
  const [hours, minutes] = [Math.floor(seconds / HOUR), Math.floor((seconds % HOUR) / MINUTE)];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds % MINUTE)}` : `${minutes}:${two(seconds % MINUTE)}`;
}

/** A length of time, in its two greatest units. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  /** @type {[number, string][]} */
  const parts = [
    [Math.floor(whole / DAY), "day"],
    [Math.floor((whole % DAY) / HOUR), "hour"],
    [Math.floor((whole % HOUR) / MINUTE), "minute"],
    [whole % MINUTE, "second"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([n]) => n > 0);
  return shown
    .map(([n, unit]) => new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "short" }).format(n))
    .join(" ");
}

/** Texts that change by themselves. @type {Set<Moving>} */
const moving = new Set();
let ticks = 0;
setInterval(() => {
  ticks += 1;
  // What is left runs by seconds, how long ago by minutes.
  if (!document.hidden) for (const one of moving) if (one.text === left || ticks % 15 === 0) one.tick();
}, 1000);

class Moving extends AsyncDirective {
  iso = "";
  told = "";
  /** @type {(iso: string) => string} */
  text = near;

  /** @param {string} iso @param {(iso: string) => string} text */
  render(iso, text) {
    [this.iso, this.text] = [iso, text];
    moving.add(this);
    this.told = text(iso);
    return this.told;
  }

  tick() {
    const now = this.text(this.iso);
    if (now !== this.told) this.setValue((this.told = now));
  }

  disconnected() {
    moving.delete(this);
  }

  reconnected() {
    moving.add(this);
  }
}
const follows = directive(Moving);

/** A time that keeps itself up to date. @param {string | null | undefined} iso */
export const when = (iso) =>
  iso ? html`<time datetime=${iso} title=${exact(iso)}>${follows(iso, near)}</time>` : nothing;

/** What is left until then, counting down. @param {string | null | undefined} iso */
export const countdown = (iso) =>
  iso ? html`<time class="countdown" datetime=${iso} title=${exact(iso)}>${follows(iso, left)}</time>` : nothing;

