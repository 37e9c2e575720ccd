// JSON to be read: names, texts and numbers told apart, references between items as links.
import { html } from "../../core/view.js";
import { withLinks } from "../review/values.js";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const MOST = 300_000;

/**
 * @param {string} text
 * @param {import("../review/values.js").Linked} linked
 * @param {string} label
 */
export function jsonText(text, linked, label) {
  return html`<pre class="json" tabindex="0" role="region" aria-label=${label}>${text.length > MOST ? text : tokens(text, linked)}</pre>`;
}

/**
 * @param {string} text
 * @param {import("../review/values.js").Linked} linked
 */
function tokens(text, linked) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    parts.push(text.slice(from, match.index));
    if (string && colon !== undefined) parts.push(html`<span class="json-name">${string}</span>`, colon);
    else if (string) parts.push(html`<span class="json-text">${withLinks(string, linked)}</span>`);
    else parts.push(html`<span class="json-word">${whole}</span>`);
    from = match.index + whole.length;
  }
  return [...parts, text.slice(from)];
}
