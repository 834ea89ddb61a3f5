// A result over a parameter of a sweep: a line for each combination of the other parameters.

const MOST_NAMED = 24;
const DASHES = ["solid", "dash", "dot", "dashdot"];

/** The parameters of which each combination is a line over `x`; sweeps/lines.py has the same rule for figures. */
function lineKeys(table, rows, x) {
  const at = (name) => table.columns.indexOf(name);
  const text = (row, names) => JSON.stringify(names.map((name) => row[at(name)]));
  const follows = (names, other) => {
    const seen = new Map();
    return rows.every((row) => {
      const key = text(row, names);
      if (!seen.has(key)) seen.set(key, text(row, [other]));
      return seen.get(key) === text(row, [other]);
    });
  };
  const found = [];
  for (const name of table.parameters) {
    if (name === x || new Set(rows.map((row) => text(row, [name]))).size < 2) continue;
    if (!follows([x], name) && !(found.length > 0 && follows(found, name))) found.push(name);
  }
  return found;
}

function parameterLines(table, rows, x, y, logs) {
  const at = (name) => table.columns.indexOf(name);
  const keys = lineKeys(table, rows, x);
  const up = scaled(y, rows.map((row) => row[at(y)]));
  const text = !table.numeric.includes(x);
  const groups = new Map();
  rows.forEach((row, i) => {
    const key = JSON.stringify(keys.map((name) => row[at(name)]));
    if (!groups.has(key)) groups.set(key, {values: keys.map((name) => row[at(name)]), points: []});
    groups.get(key).points.push([text ? label(row[at(x)]) : row[at(x)], up.values[i]]);
  });
  const all = [...groups.values()];
  const different = (values) => [...new Set(values.map((one) => JSON.stringify(one)))];
  const firsts = different(all.map(({values}) => values.slice(0, 1)));
  const others = different(all.map(({values}) => values.slice(1)));
  const name = (key) => described(key).name.split(".").at(-1);
  const data = all.map(({values, points}, i) => {
    const first = firsts.indexOf(JSON.stringify(values.slice(0, 1)));
    const other = others.indexOf(JSON.stringify(values.slice(1)));
    if (!text) points.sort((a, b) => a[0] - b[0]);
    const title = keys.map((key, k) => `${name(key)} ${values[k]}`).join(", ");
    return {
      type: "scatter",
      mode: "lines+markers",
      name: label(title || table.label),
      showlegend: keys.length > 0 && i < MOST_NAMED,
      line: {color: series(first), width: 2, dash: DASHES[other % DASHES.length]},
      marker: {size: 7, symbol: SYMBOLS[other % SYMBOLS.length]},
      x: points.map(([one]) => one),
      y: points.map(([, one]) => one),
      hovertemplate: `${label(title)}<br>%{x:.5~g}: %{y:.5~g}<extra></extra>`,
    };
  });
  const xLog = logs[0] && !text ? logarithmicFor(rows.map((row) => row[at(x)])) : null;
  return {
    keys,
    data,
    layout: {
      height: (narrow() ? 420 : 400) + 9 * Math.min(data.length, MOST_NAMED),
      xaxis: {title: {text: label(described(x).name)}, ...(text ? {type: "category"} : xLog || {})},
      yaxis: {title: {text: label(up.label)}, ...((logs[1] && logarithmicFor(up.values)) || {rangemode: "tozero"})},
    },
    text: `${up.label} over ${described(x).name}, ${data.length === 1 ? "one line" : `${data.length} lines`}`,
  };
}

/** The part about a sweep's parameters; a comparison, a search and an exploration have none. */
function overParameters(table, rows) {
  const at = (name) => table.columns.indexOf(name);
  const varying = (name) => new Set(rows.map((row) => row[at(name)])).size > 1;
  const parameters = table.parameters.filter(varying);
  const results = table.numeric.filter((name) => !table.parameters.includes(name) && name !== "point" && varying(name));
  const part = document.getElementById("lines-part");
  part.hidden = table.kind !== "sweep" || parameters.length === 0 || results.length === 0;
  if (part.hidden) {
    drawings.delete("c-lines");
    return;
  }
  const [x, y, xLog, yLog] = ["lines-x", "lines-y", "lines-x-log", "lines-y-log"].map((id) => document.getElementById(id));
  const entries = (names) => names.map((name) => [name, described(name).name]);
  const last = [...results].reverse().find((name) => name.endsWith("time_s")) || results[0];
  fill(x, entries(parameters), parameters.find((name) => table.numeric.includes(name)) || parameters[0]);
  fill(y, entries(results), last);
  const offer = () => {
    for (const [box, select] of [
      [xLog, x],
      [yLog, y],
    ]) {
      const values = rows.map((row) => row[at(select.value)]);
      box.disabled = !table.numeric.includes(select.value) || logarithmicFor(values) === null;
      if (box.disabled) box.checked = false;
    }
  };
  const spread = (select) => {
    const numbers = rows.map((row) => row[at(select.value)]).filter((value) => typeof value === "number");
    return numbers.length > 0 && Math.min(...numbers) > 0 && Math.max(...numbers) >= 16 * Math.min(...numbers);
  };
  xLog.checked = spread(x);
  yLog.checked = false;
  offer();
  const caption = (keys) => {
    const {name} = described(y.value);
    const system = name.includes(": ") ? ` of ${name.split(": ")[0]}` : "";
    document.getElementById("lines-caption").textContent =
      `A result${system} over a parameter; ` +
      (keys.length ? `each line is a combination of ${keys.map((key) => described(key).name).join(", ")}.` : "no other parameter varies.");
  };
  chart("c-lines", () => {
    const {keys, ...made} = parameterLines(table, rows, x.value, y.value, [xLog.checked, yLog.checked]);
    caption(keys);
    return made;
  });
  for (const control of [x, y, xLog, yLog])
    control.onchange = () => {
      offer();
      draw("c-lines");
    };
}
