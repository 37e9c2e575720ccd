// Long texts that lie beside an item, such as scripts: edited as they are, sent inside its JSON.

/** @typedef {Record<string, string>} Texts by file name */

/** A text as a field for texts holds it: lines end in one character there. @param {string} text */
const plain = (text) => text.replaceAll("\r\n", "\n");

/**
 * The texts, to be edited.
 * @param {Texts} beside
 * @returns {Texts}
 */
export function drafts(beside) {
  return Object.fromEntries(Object.entries(beside).map(([name, text]) => [name, plain(text)]));
}

/**
 * Those that were edited, with line ends as they were before.
 * @param {Texts} beside as they were read
 * @param {Texts} edited
 * @returns {[string, string][]}
 */
export function editedOf(beside, edited) {
  return Object.entries(edited)
    .filter(([name, text]) => text !== plain(beside[name] ?? ""))
    .map(([name, text]) => [name, (beside[name] ?? "").includes("\r\n") ? text.replaceAll("\n", "\r\n") : text]);
}

/**
 * The content with edited texts in full where it names their files; a literal `{{` is doubled there.
 * @param {unknown} content
 * @param {[string, string][]} edited
 * @returns {unknown}
 */
export function withTexts(content, edited) {
  if (!edited.length) return content;
  const full = new Map(edited.map(([name, text]) => [`{{file:${name}}}`, text.replaceAll("{{", "{{{{")]));
  return replaced(content, full);
}

/**
 * @param {unknown} value
 * @param {Map<string, string>} full
 * @returns {unknown}
 */
function replaced(value, full) {
  if (typeof value === "string") return full.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => replaced(one, full));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, full)]));
}
