// The section about sweeps and explorations.

/** Indices of the points that no other point beats; `signs` are −1 where more is better. */
function paretoFront(xs, ys, signs) {
  const points = xs
    .map((x, i) => [signs[0] * x, signs[1] * ys[i], i])
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  points.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const front = [];
  let best = Infinity;
  for (const [, y, i] of points) {
    if (y < best) {
      front.push(i);
      best = y;
    }
  }
  return front;
}

function firstColumns(table, varying) {
  const results = varying.filter((name) => !table.parameters.includes(name) && table.numeric.includes(name));
  const last = [...results].reverse().find((name) => name.endsWith("time_s")) || "";
  const system = last.slice(0, last.length - "time_s".length);
  const x = results.includes(`${system}time_s`) ? `${system}time_s` : results[0] || table.numeric[0];
  const y = results.includes(`${system}energy_total_pj`)
    ? `${system}energy_total_pj`
    : results.find((name) => name !== x) || x;
  return {x, y, colour: varying.find((name) => table.parameters.includes(name)) || ""};
}

function showTable(table) {
  parameterNames = new Set(table.parameters);
  const at = (name) => table.columns.indexOf(name);
  const status = at("status");
  const finished = (row) =>
    status < 0 || ["done", "complete", "ok", ""].includes(String(row[status] ?? "").toLowerCase());
  const rows = table.rows.filter(finished);
  const feasible = table.feasible.filter((_, i) => finished(table.rows[i]));
  const column = (name) => rows.map((row) => row[at(name)]);
  const usable = table.columns.filter((name) => !["point", "status", "error"].includes(name));
  const varying = usable.filter((name) => new Set(column(name)).size > 1);
  const failed = table.rows.length - rows.length;
  const breaking = feasible.filter((one) => !one).length;
  document.getElementById("sweep-note").textContent =
    `${table.label}: ${table.rows.length} points, ` +
    `${failed === 0 ? "all finished" : `${failed} not finished, see the table`}; ` +
    `${breaking > 0 ? `${breaking} ${breaking === 1 ? "breaks" : "break"} a constraint; ` : ""}` +
    `parameters: ${varying.filter((name) => table.parameters.includes(name)).join(", ") || "none that varies"}.`;

  const ids = ["sweep-x", "sweep-y", "sweep-colour", "sweep-x-log", "sweep-y-log", "sweep-front"];
  const [x, y, shade, xLog, yLog, withFront] = ids.map((id) => document.getElementById(id));
  const chosen = firstColumns(table, varying);
  const choices = (varying.length ? varying : usable).map((name) => [name, described(name).name]);
  const numbers = choices.filter(([name]) => table.numeric.includes(name));
  fill(x, choices, chosen.x);
  fill(y, numbers.length ? numbers : choices, chosen.y);
  fill(shade, [["", "none"], ...choices], chosen.colour);
  const boxes = [
    [xLog, x],
    [yLog, y],
  ];
  /** A logarithm is offered only where every number has one. */
  const allowLogarithms = () => {
    for (const [box, select] of boxes) {
      box.disabled = !table.numeric.includes(select.value) || logarithmicFor(column(select.value)) === null;
      box.parentElement.title = box.disabled ? "needs numbers above 0" : "";
      if (box.disabled) box.checked = false;
    }
  };
  // If the largest is many times the smallest, all but a few points would overlap.
  for (const [box, select] of boxes) {
    const values = column(select.value).filter((value) => value !== null);
    box.checked = values.every((value) => value > 0) && Math.max(...values) > 30 * Math.min(...values);
  }
  allowLogarithms();

  const hover = (row) =>
    [...table.parameters]
      .filter((name) => varying.includes(name))
      .map((name) => `${label(described(name).name)}: ${label(row[at(name)])}`)
      .join("<br>");
  chart("c-scatter", () => {
    const across = scaled(x.value, column(x.value)),
      up = scaled(y.value, column(y.value));
    const xs = across.values.map((value) => (typeof value === "string" ? label(value) : value)),
      ys = up.values;
    const byNumber = table.numeric.includes(shade.value);
    const marker = {size: 9, line: {color: colour("--page"), width: 1}, color: series(0)};
    const data = [];
    const points = (indices, more) => ({
      type: "scatter",
      mode: "markers",
      x: indices.map((i) => xs[i]),
      y: indices.map((i) => ys[i]),
      text: indices.map((i) => hover(rows[i])),
      hovertemplate: "%{text}<br>%{x:.5~g}<br>%{y:.5~g}<extra></extra>",
      ...more,
    });
    const all = rows.map((_, i) => i).filter((i) => feasible[i]);
    const broken = rows.map((_, i) => i).filter((i) => !feasible[i]);
    if (broken.length > 0)
      data.push(
        points(broken, {name: "breaks a constraint", marker: {size: 6, symbol: "x", color: colour("--muted")}}),
      );
    if (shade.value !== "" && !byNumber) {
      const values = [...new Set(column(shade.value).map(String))];
      values.forEach((value, k) =>
        data.push(
          points(
            all.filter((i) => String(rows[i][at(shade.value)]) === value),
            {name: label(value), marker: {...marker, color: series(k), symbol: SYMBOLS[k % SYMBOLS.length]}},
          ),
        ),
      );
    } else {
      const tint = byNumber ? scaled(shade.value, column(shade.value)) : null;
      data.push(
        points(all, {
          name: "points",
          showlegend: false,
          marker: byNumber
            ? {
                ...marker,
                color: all.map((i) => tint.values[i]),
                colorscale: scale(),
                showscale: true,
                colorbar: {title: {text: label(tint.label), side: "right"}, thickness: 12, outlinewidth: 0},
              }
            : marker,
        }),
      );
    }
    const signs = [x.value, y.value].map((name) => (table.more.includes(name) ? -1 : 1));
    const front = table.numeric.includes(x.value)
      ? paretoFront(
          xs.map((v, i) => (feasible[i] ? v ?? NaN : NaN)),
          ys.map((v) => v ?? NaN),
          signs,
        )
      : [];
    if (withFront.checked && front.length > 0) {
      data.push({
        type: "scatter",
        mode: "lines+markers",
        showlegend: true,
        name: `Pareto front, ${front.length} ${front.length === 1 ? "point" : "points"}`,
        x: front.map((i) => xs[i]),
        y: front.map((i) => ys[i]),
        hoverinfo: "skip",
        line: {color: series(1), width: 1.5, shape: "linear"},
        marker: {symbol: "circle-open", size: 15, color: series(1), line: {width: 2}},
      });
    }
    if (table.base !== null) {
      const place = [x, y].map((one) => scaledLike(one.value, column(one.value), table.base[at(one.value)]));
      data.push({
        type: "scatter",
        mode: "markers+text",
        showlegend: true,
        name: "base",
        x: [place[0]],
        y: [place[1]],
        text: ["base"],
        textposition: "top center",
        hovertemplate: `base<br>${hover(table.base)}<br>%{x:.5~g}<br>%{y:.5~g}<extra></extra>`,
        marker: {symbol: "star", size: 15, color: colour("--text"), line: {color: colour("--page"), width: 1}},
      });
    }
    const word = (sign) => (sign < 0 ? "more" : "less");
    document.getElementById("scatter-caption").textContent = table.numeric.includes(x.value)
      ? `${table.label}${broken.length > 0 ? ", crosses for those that break a constraint" : ""}` +
        `${table.base !== null ? ", a star for the base" : ""}. ` +
        "The Pareto front has the points that no other point beats in both quantities, where " +
        `${signs[0] === signs[1] ? `${word(signs[0])} of both is better` : `${word(signs[0])} of the horizontal one and ${word(signs[1])} of the vertical one is better`}.`
      : `${table.label}.`;
    return {
      data,
      layout: {
        height: narrow() ? 440 : 480,
        xaxis: {
          title: {text: label(across.label)},
          ...(!table.numeric.includes(x.value) ? {type: "category"} : xLog.checked ? logarithmicFor(xs) : {}),
        },
        yaxis: {title: {text: label(up.label)}, ...(yLog.checked ? logarithmicFor(ys) : {})},
      },
      text: `${rows.length} points: ${up.label} over ${across.label}; ${front.length} of them on the Pareto front`,
    };
  });

  chart("c-parallel", () => {
    const shown = [
      ...new Set([
        ...varying.filter((name) => table.parameters.includes(name)),
        x.value,
        y.value,
        ...varying.filter(
          (name) =>
            !table.parameters.includes(name) &&
            table.numeric.includes(name) &&
            name.startsWith(y.value.slice(0, y.value.lastIndexOf(".") + 1)),
        ),
      ]),
    ].slice(0, 8);
    const dimensions = shown.map((name) => {
      const values = column(name);
      const {values: numbers, label: words} = scaled(name, values);
      if (table.numeric.includes(name)) {
        // Ticks at the values of a parameter with few values, unless they would overlap.
        const own = [...new Set(numbers)].filter((v) => v !== null).sort((a, b) => a - b);
        const apart = Math.min(...own.slice(1).map((v, i) => v - own[i]));
        const few = table.parameters.includes(name) && own.length <= 16 && apart > (own.at(-1) - own[0]) / 20;
        return {label: label(words), values: numbers.map((v) => v ?? 0), ...(few ? {tickvals: own, ticktext: own.map(String)} : {})};
      }
      const texts = [...new Set(values.map((v) => String(v ?? "–")))];
      return {
        label: label(words),
        values: values.map((v) => texts.indexOf(String(v ?? "–"))),
        tickvals: texts.map((_, i) => i),
        ticktext: texts.map((t) => [...t].slice(0, 14).join("")), // the one text of Plotly that is no markup
      };
    });
    document.getElementById("c-parallel").style.minWidth = `${Math.max(1, shown.length) * 110}px`;
    const numeric = table.numeric.includes(y.value);
    const tint = scaled(y.value, column(y.value));
    return {
      data: [
        {
          type: "parcoords",
          dimensions,
          line: numeric
            ? {
                color: tint.values.map((v) => v ?? 0),
                colorscale: scale(),
                showscale: true,
                colorbar: {title: {text: label(tint.label), side: "right"}, thickness: 12, outlinewidth: 0},
              }
            : {color: series(0)},
          labelfont: {size: 11},
          labelangle: -12,
          tickfont: {size: 11, color: colour("--text")},
          rangefont: {size: 1, color: "rgba(0,0,0,0)"},
        },
      ],
      layout: {height: 400, margin: {l: dimensions[0].ticktext ? 100 : 60, r: 30, t: 90, b: 20}},
      text: `Parallel coordinates of ${rows.length} points: ${shown.map((name) => described(name).name).join(", ")}`,
    };
  });
  for (const control of [x, y, shade, xLog, yLog, withFront])
    control.onchange = () => {
      allowLogarithms();
      draw("c-scatter");
      draw("c-parallel");
    };

  overParameters(table, rows.filter((_, i) => feasible[i]));

  // Empty columns, such as errors if there are none, are left out.
  const filled = table.columns.filter((name) => table.rows.some((row) => row[at(name)] !== null));
  dataTable(
    document.getElementById("points-table"),
    table.label,
    filled.map((name) => ({
      label: described(name).name,
      numeric: table.numeric.includes(name),
      show: table.numeric.includes(name) ? shower(name) : undefined,
    })),
    table.rows.map((row) => filled.map((name) => row[at(name)])),
  );
}

function showTables(data) {
  const choice = document.getElementById("sweep-table-choice");
  fill(
    choice,
    data.tables.map((table, i) => [String(i), table.label]),
    "0",
  );
  document.getElementById("sweep-choice").hidden = data.tables.length < 2;
  choice.addEventListener("change", () => showTable(data.tables[Number(choice.value)]));
  showTable(data.tables[0]);
}
