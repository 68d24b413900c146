// Numbers and times for people, in the browser's language.

const cache = new Map();

function formatter(kind, options) {
  const key = JSON.stringify([kind.name, options]);
  if (!cache.has(key)) cache.set(key, new kind(undefined, options));
  return cache.get(key);
}

const number = (options) => formatter(Intl.NumberFormat, options);

/** Dollars with as many digits as say something. */
export function money(dollars) {
  if (dollars === null || dollars === undefined) return "–";
  const size = Math.abs(dollars);
  const digits = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 3 : 6;
  const whole = size >= 10_000;
  return number({
    style: "currency", currency: "USD", currencyDisplay: "narrowSymbol",
    minimumFractionDigits: whole ? 0 : Math.min(digits, 3),
    maximumFractionDigits: whole ? 0 : digits,
  }).format(dollars);
}

/** Dollars at an axis: no more digits than it takes. */
export function axisMoney(dollars) {
  return number({
    style: "currency", currency: "USD", currencyDisplay: "narrowSymbol",
    minimumFractionDigits: Math.abs(dollars) >= 10 ? 0 : 2, maximumFractionDigits: 6,
  }).format(dollars);
}

export function count(value) {
  if (value === null || value === undefined) return "–";
  return number({ maximumFractionDigits: 0 }).format(value);
}

/** 1.2M where room is short. */
export function brief(value) {
  if (value === null || value === undefined) return "–";
  if (value < 10_000) return count(value);
  const [size, unit] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]
    .find(([size]) => value >= 0.9999 * size);
  const digits = value < 10 * size ? 2 : 1;
  return `${number({ maximumFractionDigits: digits }).format(value / size)}${unit}`;
}

/** An amount of a budget's unit. */
export function amount(value, unit) {
  return unit === "usd" ? money(value) : `${brief(value)} ${unit}`;
}

/** Two amounts of one unit. */
export function share(part, whole, unit) {
  return [unit === "usd" ? money(part) : brief(part), `of ${amount(whole, unit)}`];
}

export function percent(ratio) {
  if (ratio === null || ratio === undefined) return "–";
  const size = Math.abs(ratio);
  const digits = size > 0 && size < 0.1 ? (size < 0.001 ? 2 : 1) : 0;
  return number({ style: "percent", maximumFractionDigits: digits }).format(ratio);
}

/** 340 ms, 2.4 s, 3 min. */
export function wait(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.9995) return `${count(seconds * 1000)} ms`;
  if (seconds < 100) return `${number({ maximumSignificantDigits: 3 }).format(seconds)} s`;
  return span(seconds);
}

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** The two largest units: 2 d 3 h. */
export function span(seconds) {
  let left = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([size]) => left >= size);
  if (first < 0) return "0 s";
  const parts = [];
  for (const [size, unit] of UNITS.slice(first, first + 2)) {
    const whole = Math.floor(left / size);
    if (whole > 0) parts.push(`${whole} ${unit}`);
    left -= whole * size;
  }
  return parts.join(" ");
}

/** One unit, rounded: for what changes all the time. */
export function about(seconds) {
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

const date = (options) => formatter(Intl.DateTimeFormat, options);

export function timeOfDay(seconds) {
  return date({ hour: "2-digit", minute: "2-digit" }).format(new Date(seconds * 1000));
}

/** The time of day, with the date unless it is today. */
export function moment(seconds, now = Date.now() / 1000) {
  const time = new Date(seconds * 1000);
  const clock = timeOfDay(seconds);
  if (time.toDateString() === new Date(now * 1000).toDateString()) return clock;
  const isNear = Math.abs(now - seconds) < 300 * 86400;
  const day = date({
    weekday: "short", day: "numeric", month: "short", year: isNear ? undefined : "numeric",
  }).format(time);
  return `${day}, ${clock}`;
}

export function clock(seconds) {
  return date({ hour: "2-digit", minute: "2-digit", second: "2-digit" })
    .format(new Date(seconds * 1000));
}

export function day(seconds) {
  return date({ weekday: "short", day: "numeric", month: "short" })
    .format(new Date(seconds * 1000));
}

/** A bucket of a chart, as its axis shows it. */
export function bucket(seconds, step) {
  const time = new Date(seconds * 1000);
  if (step >= 86400) return date({ day: "numeric", month: "short" }).format(time);
  if (step >= 6 * 3600 && time.getHours() < 6) {
    return date({ weekday: "short", day: "numeric" }).format(time);
  }
  return timeOfDay(seconds);
}
