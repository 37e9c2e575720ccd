// Where in a JSON text the value of a JSON pointer stands, for faults that the API names by pointer.

/** @typedef {Map<string, number>} Places pointer → offset of its value (of its name, in an object) */

/**
 * Every pointer of the text, as far as it can be read: what stands before the first fault of form is found.
 * @param {string} text
 * @returns {Places}
 */
export function places(text) {
  /** @type {Places} */
  const found = new Map();
  try {
    new Reader(text, found).value("");
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
  }
  return found;
}

/**
 * The line, from 1, of a pointer; of its nearest parent that is there, if it is not.
 * @param {Places} found
 * @param {string} text
 * @param {string} pointer
 */
export function lineOf(found, text, pointer) {
  let at = pointer;
  while (at && !found.has(at)) at = at.slice(0, at.lastIndexOf("/"));
  return lineAt(text, found.get(at) ?? 0);
}

/**
 * @param {string} text
 * @param {number} offset
 */
export function lineAt(text, offset) {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

class Reader {
  /**
   * @param {string} text
   * @param {Places} found
   */
  constructor(text, found) {
    this.text = text;
    this.found = found;
    this.at = 0;
  }

  blanks() {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  /** @param {string} sign */
  taken(sign) {
    this.blanks();
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  /** @param {RegExp} pattern sticky */
  token(pattern) {
    this.blanks();
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) throw new SyntaxError(`offset ${this.at}`);
    this.at = pattern.lastIndex;
    return match[0];
  }

  /** @param {string} pointer */
  value(pointer) {
    this.blanks();
    if (!this.found.has(pointer)) this.found.set(pointer, this.at);
    if (this.taken("{")) this.members("}", () => this.member(pointer));
    else if (this.taken("[")) {
      let index = 0;
      this.members("]", () => this.value(`${pointer}/${index++}`));
    } else this.token(/"(?:[^"\\\n]|\\.)*"|[-+.\w]+/y);
  }

  /**
   * @param {string} close
   * @param {() => void} each
   */
  members(close, each) {
    if (this.taken(close)) return;
    do each(); while (this.taken(","));
    if (!this.taken(close)) throw new SyntaxError(`offset ${this.at}`);
  }

  /** @param {string} pointer */
  member(pointer) {
    this.blanks();
    const start = this.at;
    const name = /** @type {string} */ (JSON.parse(this.token(/"(?:[^"\\\n]|\\.)*"/y)));
    const own = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    this.found.set(own, start);
    if (!this.taken(":")) throw new SyntaxError(`offset ${this.at}`);
    this.value(own);
  }
}
