// ISO 8601 durations as people fill them in: a number, and a unit.

/** @typedef {"M" | "H" | "D"} Unit minutes, hours, days */
/** @typedef {{amount: number, unit: Unit}} Span */

const SECONDS = { M: 60, H: 3600, D: 86400 };
const PATTERN = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/;

/** @type {Unit[]} */
export const UNITS = ["M", "H", "D"];

/**
 * The length in seconds; NaN for what is no duration.
 * @param {string} text such as `PT3M`
 */
export function seconds(text) {
  const found = PATTERN.exec(text);
  if (!found) return NaN;
  const [weeks, days, hours, minutes, rest] = found.slice(1).map((part) => Number(part ?? 0));
  return (weeks * 7 + days) * SECONDS.D + hours * SECONDS.H + minutes * SECONDS.M + rest;
}

/**
 * In the unit it was written in where it has only one, else in the largest that divides it.
 * @param {string} text
 * @returns {Span}
 */
export function span(text) {
  const length = seconds(text);
  const single = /^PT?\d+([HMD])$/.exec(text)?.[1];
  const unit = /** @type {Unit} */ (single === "M" && !text.startsWith("PT") ? "M" : single)
    ?? [...UNITS].reverse().find((one) => length % SECONDS[one] === 0) ?? "M";
  return { amount: length / SECONDS[unit], unit };
}

/**
 * @param {number} amount may be a fraction: half an hour is 30 minutes
 * @param {Unit} unit
 */
export function iso(amount, unit) {
  if (Number.isInteger(amount)) return unit === "D" ? `P${amount}D` : `PT${amount}${unit}`;
  return `PT${Math.round(amount * SECONDS[unit])}S`;
}
