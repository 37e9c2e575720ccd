// The cron lines that need no expert: every day, on weekdays, once a week, at a time of day.

/** @typedef {"daily" | "weekdays" | "weekly" | "expert"} Rhythm */
/** @typedef {{rhythm: Rhythm, time: string, day: number}} Preset time as `06:00`; day 0 is Sunday */

const SIMPLE = /^(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|[0-7])$/;

/**
 * What a line says in a form's words; `expert` for any other.
 * @param {string} cron
 * @returns {Preset}
 */
export function preset(cron) {
  const found = SIMPLE.exec(cron.trim().replace(/\s+/g, " "));
  if (!found || Number(found[1]) > 59 || Number(found[2]) > 23) return { rhythm: "expert", time: "06:00", day: 1 };
  const time = `${found[2].padStart(2, "0")}:${found[1].padStart(2, "0")}`;
  if (found[3] === "*") return { rhythm: "daily", time, day: 1 };
  if (found[3] === "1-5") return { rhythm: "weekdays", time, day: 1 };
  return { rhythm: "weekly", time, day: Number(found[3]) % 7 };
}

/**
 * The line for a preset that is not `expert`.
 * @param {Preset} chosen
 */
export function line({ rhythm, time, day }) {
  const [hour, minute] = time.split(":").map(Number);
  const days = { daily: "*", weekdays: "1-5", weekly: String(day), expert: "*" }[rhythm];
  return `${minute || 0} ${hour || 0} * * ${days}`;
}
