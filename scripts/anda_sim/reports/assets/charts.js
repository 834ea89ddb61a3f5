// Charts in the colours of the page, redrawn when these change.

// Colours of series, components, states and kinds of operation, in light and in dark; figures/palette.py has them.
let PALETTES = {};
const palette = () => PALETTES[dark() ? "dark" : "light"];
/** The colour of a system or a value, by its number. */
const series = (i) => palette().series[i % palette().series.length];
/** Black or white, to be read on a bar of this colour. */
const textOn = (shade) => palette().text[shade];
// One fewer than the colours, so that a repeated colour has a different symbol.
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "star", "x"];

const LONGEST_LABEL = 80;
const labels = new Map(); // text: its label
const labelled = new Set();

/**
 * A name made safe for Plotly, which interprets texts as markup (<a href=…> makes a link) and templates (%{…}): everything that
 * has a meaning there is written as a character reference. Long names are shortened; different names stay different.
 */
function label(text) {
  const whole = String(text ?? "–");
  if (!labels.has(whole)) {
    const characters = [...whole];
    const cut = characters.length > LONGEST_LABEL ? `${characters.slice(0, LONGEST_LABEL - 1).join("")}…` : whole;
    let unique = cut;
    for (let i = 2; labelled.has(unique); ++i) unique = `${cut} (${i})`;
    labelled.add(unique);
    labels.set(whole, unique.replace(/[&<>%$]/g, (c) => `&#${c.charCodeAt(0)};`));
  }
  return labels.get(whole);
}

const drawings = new Map(); // id: what draws it
const dark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;
/** From low to high, each end distinct from the page background. */
const scale = () =>
  dark()
    ? [
        [0, "#8f7ff0"],
        [0.25, "#4ea8de"],
        [0.5, "#48c9a0"],
        [0.75, "#b8de6f"],
        [1, "#fff3a3"],
      ]
    : [
        [0, "#440154"],
        [0.25, "#3b528b"],
        [0.5, "#21918c"],
        [0.75, "#5ec962"],
        [1, "#d4b400"],
      ];
const narrow = () => document.documentElement.clientWidth < 640;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A logarithmic axis for numbers from low to high: ticks at 1, 2 and 5, written in full, where space permits. */
const logarithmic = (low, high) => ({type: "log", tickformat: ",.4~r", dtick: high / low < 3000 ? "D2" : 1});

/** A logarithmic axis for these numbers, or nothing where one of them is not above 0 and would vanish. */
function logarithmicFor(values) {
  const numbers = values.filter((value) => typeof value === "number");
  return numbers.length > 0 && numbers.every((value) => value > 0) ? logarithmic(Math.min(...numbers), Math.max(...numbers)) : null;
}

/** Draws a chart: `make` gives {data, layout, text}, the text says in a sentence what the chart shows. */
function chart(id, make) {
  drawings.set(id, make);
  draw(id);
}

function draw(id) {
  const {data, layout, text} = drawings.get(id)();
  const place = document.getElementById(id);
  const axis = {
    gridcolor: colour("--grid"),
    zerolinecolor: colour("--line"),
    linecolor: colour("--line"),
    automargin: true,
  };
  const merged = {
    font: {color: colour("--text"), family: getComputedStyle(document.body).fontFamily, size: narrow() ? 11 : 13},
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    autosize: true,
    margin: {l: 10, r: 16, t: 12, b: 10},
    legend: {orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", traceorder: "normal", itemsizing: "constant"},
    hoverlabel: {bgcolor: colour("--panel"), bordercolor: colour("--line"), font: {color: colour("--text")}},
    ...layout,
  };
  for (const name of ["xaxis", "yaxis"]) merged[name] = {...axis, ...(layout[name] || {})};
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", text);
  place.style.height = layout.height ? `${layout.height}px` : "";
  Plotly.react(place, data, merged, {responsive: true, displayModeBar: false});
}

function drawAll() {
  for (const id of drawings.keys()) draw(id);
}

const MOST_BARS = 60;

/** Stacked horizontal bars: rows [{name, parts}], `names` of the parts with their colours. */
function stackedBars(everything, names, colours, options) {
  const size = (row) => Object.values(row.parts).reduce((sum, part) => sum + part, 0);
  const least = everything.map(size).sort((a, b) => b - a)[MOST_BARS - 1] ?? 0;
  const rows = everything.filter((row) => size(row) >= least).slice(0, MOST_BARS);
  const amount = (row, key) => row.parts[key] ?? 0; // a report of another version may lack it
  const shown = Object.keys(names).filter((key) => rows.some((row) => amount(row, key) > 0));
  const totals = rows.map((row) => shown.reduce((sum, key) => sum + amount(row, key), 0));
  const [factor, prefix] = options.share ? [0.01, ""] : options.plain ? [1, ""] : prefixOf(Math.max(...totals, 0), options.unit);
  const written = (value, unit) => (options.plain ? `${four(value)} ${unit}` : quantity(value, unit));
  const unit = options.share ? "%" : joined(prefix, options.unit);
  const title = rows.length < everything.length ? `${options.title} of the ${rows.length} largest` : options.title;
  const bars = rows.map((row) => label(row.name));
  const data = shown.map((key) => ({
    type: "bar",
    orientation: "h",
    name: names[key],
    y: bars,
    marker: {color: colours[key], line: {color: colour("--page"), width: 1}},
    x: rows.map((row, i) => (options.share ? amount(row, key) / (totals[i] || 1) : amount(row, key)) / factor),
    customdata: rows.map((row, i) => [
      written(amount(row, key), options.unit),
      percent(totals[i] ? amount(row, key) / totals[i] : 0),
    ]),
    hovertemplate: `%{y}<br>${names[key]}: %{customdata[0]}, %{customdata[1]}<extra></extra>`,
  }));
  return {
    data,
    layout: {
      annotations: options.share
        ? []
        : rows.map((row, i) => ({
            x: totals[i] / factor,
            y: bars[i],
            text:
              written(totals[i], narrow() ? "" : options.unit) +
              (options.notes && !narrow() ? options.notes(row) : ""),
            xanchor: "left",
            xshift: 4,
            showarrow: false,
            font: {size: narrow() ? 10 : 12},
          })),
      barmode: "stack",
      height: 130 + (narrow() ? 40 : 0) + 30 * rows.length,
      bargap: 0.25,
      xaxis: {
        title: {text: `${title} (${unit})`},
        range: options.share ? [0, 100] : [0, ((narrow() ? 1.3 : 1.22) * Math.max(...totals, 1e-300)) / factor],
      },
      yaxis: {autorange: "reversed", type: "category", ticks: "", tickfont: {size: narrow() ? 10 : 12}},
    },
    text:
      `${options.title} of ${rows
        .slice(0, 12)
        .map((row) => row.name)
        .join(", ")} by ${shown.map((key) => names[key]).join(", ")}; ` +
      rows
        .slice(0, 4)
        .map((row, i) => `${row.name}: ${written(totals[i], options.unit)}`)
        .join("; "),
  };
}
