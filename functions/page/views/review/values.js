// Values for people: short ones as they are, long texts and structures as a difference line by line, references
// between items as links.
import { number, say } from "../../core/texts.js";
import { html, nothing } from "../../core/view.js";
import { folded, lines } from "./lines.js";

/** @typedef {(type: string, name: string) => string | null} Linked the address of the item that is referred to */
/** @typedef {{has: boolean, value: unknown}} Side */

const LONG = 100;
const REFERENCE = /\{\{([a-z0-9-]+):((?:[^{}]|\{\{|\}\})+?)\}\}/g;

/** @param {object} holder @param {string} name @returns {Side} */
export const side = (holder, name) => ({ has: name in holder, value: /** @type {any} */ (holder)[name] });

/** @param {unknown} value @returns {value is {truncated: true, bytes: number, text: string}} */
export const isCut = (value) => typeof value === "object" && value !== null && "truncated" in value && "bytes" in value;

/** @param {unknown} value */
export function asText(value) {
  if (isCut(value)) return value.text;
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Whether a value reads better on lines of its own. @param {unknown} value */
export function isLong(value) {
  const text = asText(value) ?? "";
  return text.includes("\n") || text.length > LONG;
}

/** The text with its references as links. @param {string} text @param {Linked} linked */
export function withLinks(text, linked) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, type = "", name = ""] = match;
    const url = linked(type, name);
    parts.push(text.slice(from, match.index));
    parts.push(url ? html`<a class="reference" href=${url} data-link title=${type}>${whole}</a>` : html`<span class="reference" title=${type}>${whole}</span>`);
    from = match.index + whole.length;
  }
  return from ? [...parts, text.slice(from)] : text;
}

/**
 * One value by itself.
 * @param {Side} one
 * @param {Linked} linked
 */
export function single(one, linked) {
  if (!one.has) return html`<em class="muted">${say("review.absent")}</em>`;
  if (one.value === "") return html`<em class="muted">${say("review.emptyText")}</em>`;
  const text = asText(one.value);
  const shown = withLinks(text, linked);
  if (isCut(one.value)) {
    return html`<pre class="value">${shown}…</pre><small>${say("review.cut", { size: kilobytes(one.value.bytes) })}</small>`;
  }
  return isLong(one.value) ? html`<pre class="value">${shown}</pre>` : html`<code class="value">${shown}</code>`;
}

/** @param {number} bytes */
const kilobytes = (bytes) => number(Math.max(1, Math.round(bytes / 1024)));

/**
 * Two long values as one difference; equal lines far from any change are left out.
 * @param {Side} before
 * @param {Side} after
 * @param {Linked} linked
 */
export function lineDifference(before, after, linked) {
  const [old, now] = [before.has ? asText(before.value) : "", after.has ? asText(after.value) : ""];
  const found = lines(old, now);
  if (old !== now && found.every((line) => line.kind === "same")) {
    return html`<p class="muted">${say("review.lineEnds")}</p>`;
  }
  return html`<div class="diff">${folded(found).map((line) =>
    "skipped" in line ? html`<div class="skipped">${say.count("review.sameLines", line.skipped)}</div>` : drawn(line, linked))}</div>`;
}

/** @param {import("./lines.js").Line} line @param {Linked} linked */
function drawn({ kind, text }, linked) {
  const shown = withLinks(text, linked);
  if (kind === "added") return html`<ins class="line added"><span class="sign">+</span>${shown}</ins>`;
  if (kind === "removed") return html`<del class="line removed"><span class="sign">−</span>${shown}</del>`;
  return html`<div class="line"><span class="sign"> </span>${shown}</div>`;
}

/**
 * A JSON pointer as people read it.
 * @param {string} pointer
 * @param {Linked} linked
 */
export function pathText(pointer, linked) {
  if (!pointer) return html`${say("review.wholeItem")}`;
  const parts = pointer.replace(/^\//, "").split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return parts.map((part, index) => html`${index ? html`<span class="sep" aria-hidden="true"> › </span>` : nothing}${withLinks(part, linked)}`);
}

/**
 * Values under their names, beside each other where there is room.
 * @param {{name: string, value: Side, look?: string}[]} sides
 * @param {Linked} linked
 */
export const beside = (sides, linked) => html`<dl class="sides">${sides.map((one) => html`<div class=${one.look ?? ""}>
  <dt>${one.name}</dt><dd>${single(one.value, linked)}</dd></div>`)}</dl>`;

/**
 * A property before and after: a line difference for what is long on both sides, else the two values.
 * @param {Side} before
 * @param {Side} after
 * @param {{before: string, after: string}} names
 * @param {Linked} linked
 */
export function change(before, after, names, linked) {
  const both = before.has && after.has && !isCut(before.value) && !isCut(after.value);
  if (both && (isLong(before.value) || isLong(after.value))) {
    return html`<p class="unseen">${names.before} − / ${names.after} +</p>${lineDifference(before, after, linked)}`;
  }
  const sides = [
    ...(before.has || !after.has ? [{ name: names.before, value: before, look: "old" }] : []),
    ...(after.has || !before.has ? [{ name: names.after, value: after, look: "new" }] : []),
  ];
  return beside(sides, linked);
}
