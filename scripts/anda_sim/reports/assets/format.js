// Readable numbers.

const PREFIXES = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
  [1e-9, "n"],
  [1e-12, "p"],
];

/** The prefix that brings a number to 1 … 1000: [factor, prefix]. Seconds take no kilo. */
function prefixOf(value, unit) {
  const size = Math.abs(value);
  if (!(size > 0)) return [1, ""];
  const usual = PREFIXES.filter(([factor]) => unit !== "s" || factor <= 1);
  return usual.find(([factor]) => size >= factor * 0.9995) || usual[usual.length - 1];
}

/** Four digits, zeros too, so that the numbers of a column can be compared at a glance; whole numbers as they are. */
function four(value) {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

/** How many times one is the other. */
function times(value) {
  return `${value < 1000 ? value.toPrecision(4) : Math.round(value).toLocaleString("en-US")}×`;
}

/** A number with three significant digits or more, without powers of ten where possible. */
function digits(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return value.toExponential(2);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return four(value);
}

/** "GB/s", but "G cycles". */
function joined(prefix, unit) {
  return prefix && /^[a-z ]{4,}$/.test(unit) ? `${prefix} ${unit}` : prefix + unit;
}

function quantity(value, unit) {
  if (value === null || value === undefined) return "–";
  const [factor, prefix] = prefixOf(value, unit);
  return `${four(value / factor)} ${joined(prefix, unit)}`.trim();
}

/** An energy in pJ. What is not known is n/a. */
function joules(pj) {
  return pj === null || pj === undefined ? "n/a" : quantity(pj * 1e-12, "J");
}

function whole(value) {
  return value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en-US");
}

function percent(share) {
  if (share === null || share === undefined) return "–";
  if (share > 0.9999 && share < 1) return "> 99.99 %";
  if (share > 0 && share < 0.0001) return "< 0.01 %";
  return `${four(100 * share)} %`;
}

// Units by suffix of names, and names that are not made of words: tables.py has both.
let UNITS = [];
let NAMES = {};

/** Columns that are keys of the configuration: shown as they are. */
let parameterNames = new Set();

/**
 * A column of results: "anda.energy_total_pj" is {name: "anda: energy total", unit: "J", scale: 1e-12, prefixes: true}.
 */
function described(column) {
  if (parameterNames.has(column))
    return {name: column.split(".").slice(-2).join("."), unit: "", scale: 1, prefixes: false};
  const dot = column.lastIndexOf(".");
  const tail = column.slice(dot + 1);
  const head = dot < 0 ? "" : `${column.slice(0, dot)}: `;
  if (Object.hasOwn(NAMES, tail)) return {name: head + NAMES[tail], unit: "", scale: 1, prefixes: false};
  if (tail === "cycles") return {name: head + tail, unit: "", scale: 1, prefixes: true};
  if (tail === "bops") return {name: `${head}bit operations`, unit: "", scale: 1, prefixes: true};
  const known = UNITS.find(([end]) => tail.endsWith(end) && tail.length > end.length);
  const stem = known ? tail.slice(0, -known[0].length) : tail;
  return {
    name: head + stem.replaceAll("_", " "),
    unit: known ? known[1] : "",
    scale: known ? known[2] : 1,
    prefixes: known ? known[3] : false,
  };
}

/** The numbers of a column scaled to suit the largest one, with the matching axis label. */
function scaled(column, values) {
  const {name, unit, scale, prefixes} = described(column);
  const numbers = values.filter((value) => typeof value === "number").map(Math.abs);
  const [factor, prefix] = prefixes && numbers.length ? prefixOf(Math.max(...numbers) * scale, unit) : [1, ""];
  const shown = joined(prefix, unit);
  return {
    values: values.map((value) => (typeof value === "number" ? (value * scale) / factor : value)),
    label: shown ? `${name} (${shown})` : name,
  };
}

/** One more value of a column, in the scale of the others. */
function scaledLike(column, values, value) {
  const {values: shown} = scaled(column, [...values, typeof value === "number" ? value : null]);
  const own = scaled(column, values).values;
  const at = own.findIndex((one, i) => typeof one === "number" && one !== 0 && typeof values[i] === "number");
  if (typeof value !== "number") return value;
  return at < 0 ? shown.at(-1) : (value * own[at]) / values[at];
}

/** How a table shows a number of a column. */
function shower(column) {
  const {unit, scale, prefixes} = described(column);
  if (parameterNames.has(column))
    return (value) => (value === null ? "–" : value.toLocaleString("en-US", {maximumSignificantDigits: 15}));
  if (!unit && prefixes) return whole;
  return (value) =>
    value === null || value === undefined
      ? "–"
      : prefixes
        ? quantity(value * scale, unit)
        : unit
          ? `${digits(value)} ${unit}`
          : digits(value);
}

function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function fill(select, entries, chosen) {
  select.replaceChildren(
    ...entries.map(([value, text]) => element("option", {value, textContent: text, selected: value === chosen})),
  );
}
