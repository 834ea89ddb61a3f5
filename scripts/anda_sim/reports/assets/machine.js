// Roofline, area, and activity over time.

function roofline(systems) {
  chart("c-roofline", () => {
    const points = systems.flatMap((system) => system.roofline.points.filter((point) => point.intensity !== null));
    const tensors = [...new Set(points.map((point) => point.tensor))];
    const peaks = systems.flatMap((system) => Object.values(system.roofline.peaks));
    const bandwidths = [...new Set(systems.map((system) => system.roofline.bytes_per_s))];
    const ridges = bandwidths.flatMap((bytes) => peaks.map((peak) => (peak * 1e12) / bytes));
    const left = Math.min(...points.map((point) => point.intensity), ...ridges) / 2;
    const right = Math.max(...points.map((point) => point.intensity), ...ridges) * 4;
    const top = Math.max(...peaks);
    const data = bandwidths.map((bytes) => ({
      type: "scatter",
      mode: "lines",
      x: [left, (top * 1e12) / bytes],
      y: [left * bytes * 1e-12, top],
      line: {color: colour("--muted"), dash: "dash", width: 1.5},
      name: `DRAM peak, ${quantity(bytes, "B/s")}`,
      hoverinfo: "name",
    }));
    const annotations = [];
    systems.forEach((system, i) => {
      const shade = series(i);
      for (const [bits, peak] of Object.entries(system.roofline.peaks)) {
        const name = `${label(system.title)}, ${bits === "0" ? "FP16" : `${bits} bits`}: ${digits(peak)} TOPS`;
        data.push({
          type: "scatter",
          mode: "lines",
          x: [(peak * 1e12) / system.roofline.bytes_per_s, right],
          y: [peak, peak],
          showlegend: false,
          line: {color: shade, width: 1.5},
          name,
          text: [name, name],
          hovertemplate: `${name}<extra></extra>`,
        });
        if (!annotations.some((other) => Math.abs(other.y - Math.log10(peak)) < (narrow() ? 0.075 : 0.045))) {
          annotations.push({
            x: Math.log10(right),
            y: Math.log10(peak),
            text: bits === "0" ? "FP16" : `${bits} bits`,
            xanchor: "right",
            yanchor: "bottom",
            showarrow: false,
            font: {color: colour("--muted"), size: 12},
          });
        }
      }
      const own = system.roofline.points.filter((point) => point.intensity !== null);
      data.push({
        type: "scatter",
        mode: "markers",
        name: label(system.title),
        x: own.map((point) => point.intensity),
        y: own.map((point) => point.tops),
        marker: {
          color: shade,
          // Systems at the same point are nested.
          size: 9 + 4 * Math.max(0, 3 - i),
          symbol: own.map((point) => SYMBOLS[tensors.indexOf(point.tensor) % SYMBOLS.length]),
          line: {color: colour("--page"), width: 1},
        },
        text: own.map((point) => `${label(system.title)}: ${label(point.name)}, ${point.gemms}×`),
        hovertemplate: "%{text}<br>%{x:.4g} operations/byte, %{y:.4g} TOPS<extra></extra>",
      });
    });
    tensors.forEach((tensor, i) =>
      data.push({
        type: "scatter",
        mode: "markers",
        x: [null],
        y: [null],
        name: label(tensor),
        marker: {color: colour("--muted"), size: 10, symbol: SYMBOLS[i % SYMBOLS.length]},
      }),
    );
    const low = Math.min(...points.map((point) => point.tops), top) / 3;
    return {
      data,
      layout: {
        height: narrow() ? 440 : 480,
        annotations,
        xaxis: {
          ...logarithmic(left, right),
          title: {text: "operations for each byte of external memory"},
          range: [Math.log10(left), Math.log10(right)],
        },
        yaxis: {
          ...logarithmic(low, top * 2),
          title: {text: "TOPS"},
          range: [Math.log10(low), Math.log10(top * 2)],
        },
      },
      text:
        `Roofline: ${points.length} kinds of GeMM, peaks of ${peaks.map(digits).join(", ")} TOPS, ` +
        `memory ${bandwidths.map((bytes) => quantity(bytes, "B/s")).join(", ")}`,
    };
  });
}

function areas(data, systems) {
  chart("c-area", () => {
    const ids = [],
      labels = [],
      parents = [],
      values = [],
      shades = [];
    const add = (id, label, parent, value, shade) => {
      ids.push(id);
      labels.push(label);
      parents.push(parent);
      values.push(value);
      shades.push(shade);
    };
    // Two lines if one would be wider than its system, which would hide it.
    const twoLines = data.runs.length > 1;
    systems.forEach((system, i) => {
      const parts = Object.entries(system.area).filter(([, value]) => value > 0);
      add(
        `s${i}`,
        `${twoLines ? `${label(system.run.label)}<br>${label(system.name)}` : label(system.title)}: ${system.area_mm2 === null ? "n/a, without the array" : `${digits(system.area_mm2)} mm²`}`,
        "",
        parts.reduce((sum, [, value]) => sum + value, 0),
        colour("--panel"),
      );
      for (const [component, value] of parts)
        add(`s${i}/${component}`, data.components[component], `s${i}`, value, palette().components[component]);
    });
    return {
      data: [
        {
          type: "treemap",
          ids,
          labels,
          parents,
          values,
          branchvalues: "total",
          marker: {
            colors: shades,
            line: {color: colour("--page"), width: 1},
            pad: {t: twoLines ? 42 : 24, l: 4, r: 4, b: 4},
          },
          texttemplate: "%{label}<br>%{value:.3f} mm²<br>%{percentParent:.1%}",
          hovertemplate: "%{label}<br>%{value:.4f} mm², %{percentParent:.1%} of the system<extra></extra>",
          tiling: {pad: 3},
          pathbar: {visible: false},
          textfont: {size: narrow() ? 11 : 13, color: shades.map((shade) => textOn(shade) || colour("--text"))},
        },
      ],
      layout: {
        height: narrow() ? 460 : 430,
        uniformtext: {minsize: 10, mode: "hide"},
        margin: {l: 0, r: 0, t: 4, b: 4},
      },
      text: `Area: ${systems.map((system) => `${system.title} ${system.area_mm2 === null ? "n/a" : `${digits(system.area_mm2)} mm²`}`).join(", ")}`,
    };
  });
}

/** Curves that stay below this share of the memory's peak would be flat beside its line. */
const LEAST_OF_PEAK = 0.2;

/** The peaks of the memories as dashed lines. */
function peakLines(peaks, end) {
  return peaks.map((bytes) => ({
    type: "scatter",
    mode: "lines",
    name: `peak, ${quantity(bytes, "B/s")}`,
    x: [0, end],
    y: [bytes * 1e-9, bytes * 1e-9],
    line: {color: colour("--muted"), dash: "dash", width: 1.5},
    hovertemplate: `peak of the memory: ${quantity(bytes, "B/s")}<extra></extra>`,
  }));
}

function overTime(data, systems) {
  const peaks = [...new Set(systems.map((system) => system.peak_bytes_per_s))];
  const most = Math.max(...systems.flatMap(({bandwidth}) => [...bandwidth.read, ...bandwidth.write]));
  const withPeak = document.getElementById("bandwidth-peak");
  withPeak.checked = peaks.some((bytes) => most >= LEAST_OF_PEAK * bytes);
  withPeak.addEventListener("change", () => draw("c-bandwidth"));
  chart("c-bandwidth", () => {
    const end = Math.max(...systems.map((system) => system.bandwidth.start_s.at(-1)));
    const [factor, prefix] = prefixOf(end, "s");
    const lines = systems.flatMap((system, i) =>
      ["read", "write"].map((way) => ({
        type: "scatter",
        mode: "lines",
        name: `${label(system.title)}, ${way}`,
        x: system.bandwidth.start_s.map((s) => s / factor),
        y: [...system.bandwidth[way], system.bandwidth[way].at(-1)].map((one) => one * 1e-9),
        line: {shape: "hv", color: series(i), width: 1.4, dash: way === "write" ? "dot" : "solid"},
        hovertemplate: `%{y:.4g} GB/s at %{x:.4g} ${prefix}s<extra>${label(system.title)}, ${way}</extra>`,
      })),
    );
    const shown = withPeak.checked ? [...lines, ...peakLines(peaks, end / factor)] : lines;
    return {
      data: shown,
      layout: {
        height: narrow() ? 400 : 360,
        hovermode: "closest",
        annotations: withPeak.checked
          ? []
          : [
              {
                xref: "paper", yref: "paper", x: 1, y: 1, xanchor: "right", yanchor: "top", showarrow: false,
                text: `peak: ${peaks.map((bytes) => quantity(bytes, "B/s")).join(", ")} ↑`,
                font: {color: colour("--muted"), size: 12},
              },
            ],
        xaxis: {title: {text: `time (${prefix}s)`}},
        yaxis: {
          title: {text: "GB/s"},
          range: [0, 1.08e-9 * Math.max(most, ...(withPeak.checked ? peaks : [])) || 1],
        },
      },
      text:
        `External memory bandwidth over ${quantity(end, "s")}: ` +
        systems.map((one) => `${one.title} ${quantity(one.dram_bytes_per_s, "B/s")} on average`).join(", "),
    };
  });
  const peak = peaks.map((bytes) => quantity(bytes, "B/s")).join(", ");
  const timed = systems.some((system) => system.bandwidth.source === "timeline");
  document.getElementById("bandwidth-caption").textContent =
    (timed
      ? "Memory traffic in each interval of the run’s timeline. "
      : "Average of each GeMM in turn; run with --timeline into the run’s folder to resolve time within a GeMM. ") +
    `The memory’s peak is ${peak}.`;

  const watched = systems.filter((system) => system.array !== null);
  if (watched.length === 0) return;
  document.getElementById("array-part").hidden = false;
  const select = document.getElementById("array-system");
  fill(
    select,
    watched.map((system, i) => [String(i), system.title]),
    String(watched.length - 1),
  );
  chart("c-array", () => {
    const system = watched[Number(select.value)];
    const starts = system.bandwidth.start_s;
    const [factor, prefix] = prefixOf(starts.at(-1), "s");
    const seen = Object.keys(system.array).filter((state) => system.array[state].some((ticks) => ticks > 0));
    const colours = palette().states;
    const sums = system.array.busy.map((_, i) => seen.reduce((sum, state) => sum + system.array[state][i], 0) || 1);
    const lines = seen.map((state) => {
      const shares = system.array[state].map((ticks, i) => (100 * ticks) / sums[i]);
      return {
        type: "scatter",
        mode: "lines",
        stackgroup: "one",
        name: data.states[state],
        line: {shape: "hv", width: 0, color: colours[state]},
        fillcolor: colours[state],
        x: starts.map((s) => s / factor),
        y: [...shares, shares.at(-1)],
        hovertemplate: `${data.states[state]}: %{y:.4g} %<extra></extra>`,
      };
    });
    return {
      data: lines,
      layout: {
        height: narrow() ? 420 : 360,
        xaxis: {title: {text: `time (${prefix}s)`}},
        yaxis: {title: {text: "share of time (%)"}, range: [0, 100]},
      },
      text: `State of the array of ${system.title} over time: ${seen.map((state) => data.states[state]).join(", ")}`,
    };
  });
  select.addEventListener("change", () => draw("c-array"));
}
