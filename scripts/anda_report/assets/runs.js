// Sections about runs.

function systemsOf(data) {
  const several = data.runs.length > 1;
  return data.runs.flatMap((run) => run.systems.map((system) => ({...system, run, title: several ? `${run.label} · ${system.name}` : system.name})));
}

function cards(systems) {
  const lines = [
    ["time", (s) => quantity(s.time_s, "s")], ["speedup", "speedup"],
    ["energy", (s) => quantity(s.energy_pj * 1e-12, "J")], ["energy efficiency", "energy_efficiency"],
    ["TOPS/W", (s) => digits(s.tops_per_w)],
    ["area", (s) => `${digits(s.area_mm2)} mm²`], ["TOPS/mm²", (s) => digits(s.tops_per_mm2)], ["area efficiency", "area_efficiency"],
    ["array busy", (s) => percent(s.utilization)],
  ];
  document.getElementById("cards").replaceChildren(...systems.map((system) => {
    const list = element("dl");
    for (const [name, show] of lines) {
      const times = typeof show === "string" ? system.ratios[show] : null;
      if (typeof show === "string" && (system.baseline || times === null)) continue;
      list.append(element("dt", {textContent: name}), element("dd", {className: times > 1.0005 ? "better" : "",
        textContent: times === null ? show(system) : `${Number(times.toPrecision(4))}×`}));
    }
    const base = system.run.systems[0].name;
    return element("article", {className: "card"}, element("h3", {textContent: system.title}),
      element("p", {className: "of", textContent: system.baseline ? "baseline" : `against ${base}`}), list);
  }));
}

const METRICS = {
  time_s: ["Time", "s", 1], energy_pj: ["Energy, DRAM included", "J", 1e-12], on_chip_pj: ["Energy on the chip", "J", 1e-12],
  edp: ["Energy × time", "J·s", 1], area_mm2: ["Area", "mm²", 1], effective_tops: ["Operations per second", "op/s", 1e12],
  tops_per_w: ["Operations per joule, DRAM included", "op/J", 1e12], tops_per_mm2: ["Operations per second and mm²", "op/s/mm²", 1e12],
  power_mw: ["Power on the chip, average", "W", 1e-3], dram_bytes: ["External memory traffic", "B", 1], speedup: ["Speedup", "×", 1],
  energy_efficiency: ["Energy efficiency", "×", 1], area_efficiency: ["Area efficiency", "×", 1],
};

function comparison(systems) {
  const select = document.getElementById("compare-metric");
  fill(select, Object.entries(METRICS).map(([key, [name]]) => [key, name]), "time_s");
  const value = (system, key) => key === "edp" ? system.energy_pj * 1e-12 * system.time_s : key in system.ratios ? system.ratios[key] : system[key];
  const make = () => {
    const key = select.value;
    const [name, unit, scale] = METRICS[key];
    const values = systems.map((system) => value(system, key) === null ? null : value(system, key) * scale);
    const absolute = !["mm²", "×"].includes(unit);
    const [factor, prefix] = absolute ? prefixOf(Math.max(...values)) : [1, ""];
    const shown = values.map((one) => one === null ? "n/a" : absolute ? quantity(one, unit) : `${digits(one)} ${unit}`);
    return {
      data: [{type: "bar", orientation: "h", y: systems.map((system) => system.title), x: values.map((one) => one / factor), text: shown,
        textposition: "auto", cliponaxis: false, insidetextanchor: "end", hovertemplate: "%{y}: %{text}<extra></extra>",
        marker: {color: systems.map((_, i) => SERIES[i % SERIES.length])}}],
      layout: {height: 110 + 38 * systems.length, showlegend: false, xaxis: {title: {text: `${name} (${joined(prefix, unit)})`}, rangemode: "tozero"},
        yaxis: {autorange: "reversed", type: "category"}},
      text: `${name}: ${systems.map((system, i) => `${system.title} ${shown[i]}`).join(", ")}`,
    };
  };
  const caption = () => {
    document.getElementById("compare-caption").textContent = ["speedup", "energy_efficiency", "area_efficiency"].includes(select.value)
      ? "Times better than the first system of the same run, its baseline." : "One bar for each system. Less is better for time, energy, power and area.";
  };
  select.addEventListener("change", () => { caption(); draw("c-compare"); });
  caption();
  chart("c-compare", make);
  const columns = [["system", null, (s) => s.title], ["cycles", whole, (s) => s.cycles], ["time", (v) => quantity(v, "s"), (s) => s.time_s],
    ["TOPS", digits, (s) => s.effective_tops], ["energy", (v) => quantity(v * 1e-12, "J"), (s) => s.energy_pj],
    ["on chip", (v) => quantity(v * 1e-12, "J"), (s) => s.on_chip_pj], ["TOPS/W", digits, (s) => s.tops_per_w],
    ["area (mm²)", digits, (s) => s.area_mm2], ["TOPS/mm²", digits, (s) => s.tops_per_mm2],
    ["DRAM bandwidth", (v) => quantity(v, "B/s"), (s) => s.dram_bytes_per_s], ["array busy", percent, (s) => s.utilization],
    ["speedup", digits, (s) => s.ratios.speedup], ["energy efficiency", digits, (s) => s.ratios.energy_efficiency],
    ["area efficiency", digits, (s) => s.ratios.area_efficiency]];
  dataTable(document.getElementById("systems-table"), "Systems", columns.map(([label, show]) => ({label, show, numeric: show !== null})),
    systems.map((system) => columns.map(([, , get]) => get(system))));
}

function breakdowns(data, systems) {
  const rows = (by, field, keep) => systems.flatMap((system) => {
    const list = by === "system" ? [{...system.whole, name: system.title}] :
      system[by === "tensor" ? "tensors" : "kinds"].map((one) => ({...one, name: `${system.title} · ${one.name}`}));
    return list.map((one) => ({name: one.name, parts: keep(one[field])}));
  });
  const by = document.getElementById("energy-by"), share = document.getElementById("energy-share");
  chart("c-energy", () => stackedBars(rows(by.value, "energy", (parts) => Object.fromEntries(Object.entries(parts).map(([k, v]) => [k, v * 1e-12]))),
    data.components, COLOURS, {unit: "J", share: share.checked, title: "Energy"}));
  for (const control of [by, share]) control.addEventListener("change", () => draw("c-energy"));

  const cyclesBy = document.getElementById("cycles-by"), cyclesShare = document.getElementById("cycles-share");
  const options = (title) => ({unit: "cycles", share: cyclesShare.checked, title});
  chart("c-cycles", () => stackedBars(rows(cyclesBy.value, "cycles", (parts) => parts), data.states, STATE_COLOURS, options("Time")));
  chart("c-stalls", () => {
    const bars = rows(cyclesBy.value, "cycles", ({busy, ...stalls}) => stalls);
    const all = new Map(rows(cyclesBy.value, "cycles", (parts) => parts).map((row) => [row.name, Object.values(row.parts).reduce((sum, part) => sum + part, 0)]));
    const notes = (row) => `, ${percent(Object.values(row.parts).reduce((sum, part) => sum + part, 0) / (all.get(row.name) || 1))}`;
    return stackedBars(bars, data.states, STATE_COLOURS, {...options("Stalls"), notes});
  });
  for (const control of [cyclesBy, cyclesShare]) control.addEventListener("change", () => { draw("c-cycles"); draw("c-stalls"); });
}

function roofline(systems) {
  chart("c-roofline", () => {
    const points = systems.flatMap((system) => system.roofline.points.filter((point) => point.intensity !== null));
    const tensors = [...new Set(points.map((point) => point.tensor))];
    const peaks = systems.flatMap((system) => Object.values(system.roofline.peaks));
    const bandwidths = [...new Set(systems.map((system) => system.roofline.bytes_per_s))];
    const ridges = bandwidths.flatMap((bytes) => peaks.map((peak) => peak * 1e12 / bytes));
    const left = Math.min(...points.map((point) => point.intensity), ...ridges) / 2;
    const right = Math.max(...points.map((point) => point.intensity), ...ridges) * 4;
    const top = Math.max(...peaks);
    const data = bandwidths.map((bytes) => ({type: "scatter", mode: "lines", x: [left, top * 1e12 / bytes], y: [left * bytes * 1e-12, top],
      line: {color: colour("--muted"), dash: "dash", width: 1.5}, name: `DRAM peak, ${quantity(bytes, "B/s")}`, hoverinfo: "name"}));
    const annotations = [];
    systems.forEach((system, i) => {
      const shade = SERIES[i % SERIES.length];
      for (const [bits, peak] of Object.entries(system.roofline.peaks)) {
        const name = `${system.title}, ${bits === "0" ? "FP16" : `${bits} bits`}: ${digits(peak)} TOPS`;
        data.push({type: "scatter", mode: "lines", x: [peak * 1e12 / system.roofline.bytes_per_s, right], y: [peak, peak], showlegend: false,
          line: {color: shade, width: 1.5}, name, text: [name, name], hovertemplate: `${name}<extra></extra>`});
        if (!annotations.some((other) => Math.abs(other.y - Math.log10(peak)) < 0.045)) {
          annotations.push({x: Math.log10(right), y: Math.log10(peak), text: bits === "0" ? "FP16" : `${bits} bits`, xanchor: "right", yanchor: "bottom",
            showarrow: false, font: {color: shade, size: 11}});
        }
      }
      const own = system.roofline.points.filter((point) => point.intensity !== null);
      data.push({type: "scatter", mode: "markers", name: system.title, x: own.map((point) => point.intensity), y: own.map((point) => point.tops),
        marker: {color: shade, size: 11, symbol: own.map((point) => SYMBOLS[tensors.indexOf(point.tensor) % SYMBOLS.length]), line: {color: colour("--page"), width: 1}},
        text: own.map((point) => `${system.title}: ${point.name}, ${point.gemms}×`),
        hovertemplate: "%{text}<br>%{x:.4g} operations/byte, %{y:.4g} TOPS<extra></extra>"});
    });
    tensors.forEach((tensor, i) => data.push({type: "scatter", mode: "markers", x: [null], y: [null], name: tensor,
      marker: {color: colour("--muted"), size: 10, symbol: SYMBOLS[i % SYMBOLS.length]}}));
    const low = Math.min(...points.map((point) => point.tops), top) / 3;
    return {data, layout: {height: narrow() ? 440 : 480, annotations,
      xaxis: {type: "log", title: {text: "operations for each byte of external memory"}, range: [Math.log10(left), Math.log10(right)], dtick: 1},
      yaxis: {type: "log", title: {text: "TOPS"}, range: [Math.log10(low), Math.log10(top * 2)]}},
      text: `Roofline: ${points.length} kinds of GeMM, peaks of ${peaks.map((peak) => `${digits(peak)} TOPS`).join(", ")}, memory ${bandwidths.map((b) => quantity(b, "B/s")).join(", ")}`};
  });
}

function areas(data, systems) {
  chart("c-area", () => {
    const ids = [], labels = [], parents = [], values = [], shades = [];
    const add = (id, label, parent, value, shade) => { ids.push(id); labels.push(label); parents.push(parent); values.push(value); shades.push(shade); };
    systems.forEach((system, i) => {
      const parts = Object.entries(system.area).filter(([, value]) => value > 0);
      add(`s${i}`, `${system.title}: ${digits(system.area_mm2)} mm²`, "", parts.reduce((sum, [, value]) => sum + value, 0), colour("--panel"));
      for (const [component, value] of parts) add(`s${i}/${component}`, data.components[component], `s${i}`, value, COLOURS[component]);
    });
    return {data: [{type: "treemap", ids, labels, parents, values, branchvalues: "total", marker: {colors: shades, line: {color: colour("--page"), width: 1}},
      texttemplate: "%{label}<br>%{value:.3f} mm²<br>%{percentParent:.1%}", hovertemplate: "%{label}<br>%{value:.4f} mm², %{percentParent:.1%} of the system<extra></extra>",
      tiling: {pad: 3}, pathbar: {visible: false}, textfont: {size: narrow() ? 11 : 13}}],
      layout: {height: narrow() ? 460 : 430, uniformtext: {minsize: 10, mode: "hide"}, margin: {l: 0, r: 0, t: 4, b: 4}},
      text: `Area: ${systems.map((system) => `${system.title} ${digits(system.area_mm2)} mm²`).join(", ")}`};
  });
}

function overTime(data, systems) {
  chart("c-bandwidth", () => {
    const end = Math.max(...systems.map((system) => system.bandwidth.start_s.at(-1)));
    const [factor, prefix] = prefixOf(end);
    const lines = systems.flatMap((system, i) => ["read", "write"].map((way) => ({type: "scatter", mode: "lines", name: `${system.title}, ${way}`,
      x: system.bandwidth.start_s.map((s) => s / factor), y: [...system.bandwidth[way], system.bandwidth[way].at(-1)].map((one) => one * 1e-9),
      line: {shape: "hv", color: SERIES[i % SERIES.length], width: 1.4, dash: way === "write" ? "dot" : "solid"},
      hovertemplate: `%{y:.4g} GB/s at %{x:.4g} ${prefix}s<extra>${system.title}, ${way}</extra>`})));
    return {data: lines, layout: {height: narrow() ? 400 : 360, hovermode: "closest", xaxis: {title: {text: `time (${prefix}s)`}}, yaxis: {title: {text: "GB/s"}, rangemode: "tozero"}},
      text: `External memory bandwidth over ${quantity(end, "s")}: ${systems.map((system) => `${system.title} ${quantity(system.dram_bytes_per_s, "B/s")} on average`).join(", ")}`};
  });
  const peak = [...new Set(systems.map((system) => quantity(system.peak_bytes_per_s, "B/s")))].join(", ");
  const timed = systems.some((system) => system.bandwidth.source === "timeline");
  document.getElementById("bandwidth-caption").textContent = (timed
    ? "Bytes that cross the memory’s pins in each interval of the run’s timeline. "
    : "Average of each GeMM, one after another; a run with --timeline into its folder shows what happens inside. ") + `The memory’s peak is ${peak}.`;

  const watched = systems.filter((system) => system.array !== null);
  if (watched.length === 0) return;
  document.getElementById("array-part").hidden = false;
  const select = document.getElementById("array-system");
  fill(select, watched.map((system, i) => [String(i), system.title]), String(watched.length - 1));
  chart("c-array", () => {
    const system = watched[Number(select.value)];
    const starts = system.bandwidth.start_s;
    const [factor, prefix] = prefixOf(starts.at(-1));
    const seen = Object.keys(data.states).filter((state) => system.array[state].some((ticks) => ticks > 0));
    const sums = system.array.busy.map((_, i) => seen.reduce((sum, state) => sum + system.array[state][i], 0) || 1);
    const lines = seen.map((state) => {
      const shares = system.array[state].map((ticks, i) => 100 * ticks / sums[i]);
      return {type: "scatter", mode: "lines", stackgroup: "one", name: data.states[state], line: {shape: "hv", width: 0, color: STATE_COLOURS[state]},
        fillcolor: STATE_COLOURS[state], x: starts.map((s) => s / factor), y: [...shares, shares.at(-1)], hovertemplate: `${data.states[state]}: %{y:.4g} %<extra></extra>`};
    });
    return {data: lines, layout: {height: narrow() ? 420 : 360, xaxis: {title: {text: `time (${prefix}s)`}}, yaxis: {title: {text: "share of time (%)"}, range: [0, 100]}},
      text: `What the array of ${system.title} does over time: ${seen.map((state) => data.states[state]).join(", ")}`};
  });
  select.addEventListener("change", () => draw("c-array"));
}

function gemmTables(data, systems) {
  const joules = (pj) => quantity(pj * 1e-12, "J");
  const kinds = [["system", null], ["kind of GeMM", null], ["GeMMs", whole], ["cycles", whole], ["time", (v) => quantity(v, "s")], ["MACs", (v) => quantity(v, "")],
    ["energy", joules], ["DRAM read", (v) => quantity(v, "B")], ["DRAM write", (v) => quantity(v, "B")]];
  dataTable(document.getElementById("kinds-table"), "Equal GeMMs together", kinds.map(([label, show]) => ({label, show, numeric: show !== null})),
    systems.flatMap((system) => system.kind_rows.map((row) => [system.title, row.name, row.gemms, row.cycles, row.time_s, row.macs, row.energy_total_pj, row.dram_read_bytes, row.dram_write_bytes])));
  const place = document.getElementById("ops-table");
  const whole_ops = systems.filter((system) => system.ops !== null);
  if (whole_ops.length === 0) {
    place.append(element("p", {className: "note", textContent: `More than ${data.most_ops} GeMMs each: they are in ops.csv of the run.`}));
    return;
  }
  const shows = {cycles: whole, stall_cycles: whole, time_s: (v) => quantity(v, "s"), utilization: percent, dram_read_bytes: (v) => quantity(v, "B"), dram_write_bytes: (v) => quantity(v, "B"),
    dram_bandwidth_bytes_per_s: (v) => quantity(v, "B/s"), effective_tops: digits, energy_total_pj: joules, tops_per_w: digits};
  const labels = {time_s: "time", utilization: "array busy", dram_read_bytes: "DRAM read", dram_write_bytes: "DRAM write", dram_bandwidth_bytes_per_s: "DRAM bandwidth", effective_tops: "TOPS",
    energy_total_pj: "energy", tops_per_w: "TOPS/W", input_mantissa_bits: "bits in", output_mantissa_bits: "bits out", weight_bits: "weight bits", stall_cycles: "stall cycles"};
  dataTable(place, "GeMMs in the order of the workload; bits 0: FP16", [{label: "system"}, ...data.op_columns.map((key) => (
    {label: labels[key] || key, show: shows[key] || undefined, numeric: !["name", "tensor"].includes(key)}))],
  whole_ops.flatMap((system) => system.ops.map((row) => [system.title, ...row])));
}

function setups(data) {
  document.getElementById("setups").replaceChildren(...data.runs.flatMap((run) => [
    element("h3", {textContent: run.label}),
    element("p", {className: "note", textContent: `${run.workload}; level ${run.level}; anda-sim ${run.version}; configuration ${run.config_sha256.slice(0, 12)}…, workload ${run.trace.slice(0, 12)}… (SHA-256)`}),
    element("details", {open: data.runs.length === 1}, element("summary", {textContent: `${run.assumptions.length} assumptions`}),
      element("ul", {}, ...run.assumptions.map((text) => element("li", {textContent: text})))),
    element("details", {}, element("summary", {textContent: "Effective configuration"}),
      run.config === null ? element("p", {textContent: "config.yaml is not beside report.json."}) : element("pre", {tabIndex: 0, textContent: run.config})),
  ]));
}

function showRuns(data) {
  const systems = systemsOf(data);
  const traces = new Set(data.runs.map((run) => run.trace));
  document.getElementById("headline-note").textContent = traces.size > 1 ? "The runs have different workloads: compare within each of them." :
    `All systems run the same workload. Ratios are against the first system of ${data.runs.length > 1 ? "each run" : "the run"}. Energy includes external memory, area does not.`;
  cards(systems);
  comparison(systems);
  breakdowns(data, systems);
  roofline(systems);
  areas(data, systems);
  overTime(data, systems);
  gemmTables(data, systems);
  setups(data);
}
