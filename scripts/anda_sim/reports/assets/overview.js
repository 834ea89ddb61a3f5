// Headline, comparison and breakdowns of runs.

function cards(systems) {
  const lines = [
    ["time", (s) => quantity(s.time_s, "s")],
    ["speedup", "speedup"],
    ["energy", (s) => joules(s.energy_pj)],
    ["energy efficiency", "energy_efficiency"],
    ["TOPS/W", (s) => digits(s.tops_per_w)],
    ["area", (s) => (s.area_mm2 === null ? "n/a" : `${digits(s.area_mm2)} mm²`)],
    ["TOPS/mm²", (s) => digits(s.tops_per_mm2)],
    ["area efficiency", "area_efficiency"],
    ["array busy", (s) => percent(s.utilization)],
  ];
  document.getElementById("cards").replaceChildren(
    ...systems.map((system) => {
      const list = element("dl");
      for (const [name, show] of lines) {
        const ratio = typeof show === "string" ? system.ratios[show] : null;
        if (typeof show === "string" && (system.baseline || ratio === null)) continue;
        list.append(
          element("dt", {textContent: name}),
          element("dd", {
            className: ratio > 1.0005 ? "better" : "",
            textContent: ratio === null ? show(system) : times(ratio),
          }),
        );
      }
      const base = system.run.systems[0].name;
      return element(
        "article",
        {className: "card"},
        element("h3", {textContent: system.title}),
        element("p", {className: "of", textContent: system.baseline ? "baseline" : `against ${base}`}),
        list,
      );
    }),
  );
}

const METRICS = {
  time_s: ["Time", "s", 1],
  energy_pj: ["Energy, DRAM included", "J", 1e-12],
  on_chip_pj: ["Energy on the chip", "J", 1e-12],
  edp: ["Energy × time", "J·s", 1],
  area_mm2: ["Area", "mm²", 1],
  effective_tops: ["Operations per second", "op/s", 1e12],
  tops_per_w: ["Operations per joule, DRAM included", "op/J", 1e12],
  tops_per_mm2: ["Operations per second and mm²", "op/s/mm²", 1e12],
  power_mw: ["Power on the chip, average", "W", 1e-3],
  dram_bytes: ["External memory traffic", "B", 1],
  speedup: ["Speedup", "×", 1],
  energy_efficiency: ["Energy efficiency", "×", 1],
  area_efficiency: ["Area efficiency", "×", 1],
};

function comparison(systems) {
  const select = document.getElementById("compare-metric");
  fill(
    select,
    Object.entries(METRICS).map(([key, [name]]) => [key, name]),
    "time_s",
  );
  const value = (system, key) =>
    key === "edp"
      ? system.energy_pj === null
        ? null
        : system.energy_pj * 1e-12 * system.time_s
      : key in system.ratios ? system.ratios[key] : system[key];
  const make = () => {
    const key = select.value;
    const [name, unit, scale] = METRICS[key];
    const values = systems.map((system) => (value(system, key) === null ? null : value(system, key) * scale));
    const absolute = !["mm²", "×"].includes(unit);
    const [factor, prefix] = absolute ? prefixOf(Math.max(...values), unit) : [1, ""];
    const shown = values.map((one) =>
      one === null ? "n/a" : absolute ? quantity(one, unit) : `${digits(one)} ${unit}`,
    );
    return {
      data: [
        {
          type: "bar",
          orientation: "h",
          y: systems.map((system) => label(system.title)),
          x: values.map((one) => one / factor),
          text: shown,
          textposition: "auto",
          cliponaxis: false,
          insidetextanchor: "end",
          insidetextfont: {color: systems.map((_, i) => textOn(series(i)))},
          outsidetextfont: {color: colour("--text")},
          hovertemplate: "%{y}: %{text}<extra></extra>",
          marker: {color: systems.map((_, i) => series(i))},
        },
      ],
      layout: {
        height: 110 + 38 * systems.length,
        showlegend: false,
        xaxis: {title: {text: `${name} (${joined(prefix, unit)})`}, rangemode: "tozero"},
        yaxis: {autorange: "reversed", type: "category"},
      },
      text: `${name}: ${systems.map((system, i) => `${system.title} ${shown[i]}`).join(", ")}`,
    };
  };
  const caption = () => {
    document.getElementById("compare-caption").textContent = [
      "speedup",
      "energy_efficiency",
      "area_efficiency",
    ].includes(select.value)
      ? "Improvement over the first system of the same run, its baseline."
      : "One bar for each system. Less is better for time, energy, power and area.";
  };
  select.addEventListener("change", () => {
    caption();
    draw("c-compare");
  });
  caption();
  chart("c-compare", make);
  const columns = [
    ["system", null, (s) => s.title],
    ["cycles", whole, (s) => s.cycles],
    ["time", (v) => quantity(v, "s"), (s) => s.time_s],
    ["TOPS", digits, (s) => s.effective_tops],
    ["energy", joules, (s) => s.energy_pj],
    ["energy on chip", joules, (s) => s.on_chip_pj],
    ["TOPS/W", digits, (s) => s.tops_per_w],
    ["area (mm²)", digits, (s) => s.area_mm2],
    ["TOPS/mm²", digits, (s) => s.tops_per_mm2],
    ["DRAM bandwidth", (v) => quantity(v, "B/s"), (s) => s.dram_bytes_per_s],
    ["array busy", percent, (s) => s.utilization],
    ["speedup", digits, (s) => s.ratios.speedup],
    ["energy efficiency", digits, (s) => s.ratios.energy_efficiency],
    ["area efficiency", digits, (s) => s.ratios.area_efficiency],
  ];
  dataTable(
    document.getElementById("systems-table"),
    "Systems",
    columns.map(([label, show]) => ({label, show, numeric: show !== null})),
    systems.map((system) => columns.map(([, , get]) => get(system))),
  );
}

function breakdowns(data, systems) {
  const rows = (by, field, keep) =>
    systems.flatMap((system) => {
      const list =
        by === "system"
          ? [{...system.whole, name: system.title}]
          : system[by === "tensor" ? "tensors" : "kinds"].map((one) => ({
              ...one,
              name: `${system.title} · ${one.name}`,
            }));
      return list.map((one) => {
        const unknown = Object.entries(one[field]).filter(([, value]) => value === null);
        const note = unknown.length ? ` (${unknown.map(([part]) => data.components[part]).join(", ")} n/a)` : "";
        const known = Object.entries(one[field]).filter(([, value]) => value !== null);
        return {name: one.name + note, parts: keep(Object.fromEntries(known))};
      });
    });
  const by = document.getElementById("energy-by"),
    share = document.getElementById("energy-share");
  chart("c-energy", () =>
    stackedBars(
      rows(by.value, "energy", (parts) => Object.fromEntries(Object.entries(parts).map(([k, v]) => [k, v * 1e-12]))),
      data.components,
      palette().components,
      {unit: "J", share: share.checked, title: "Energy"},
    ),
  );
  for (const control of [by, share]) control.addEventListener("change", () => draw("c-energy"));

  const cyclesBy = document.getElementById("cycles-by"),
    cyclesShare = document.getElementById("cycles-share");
  const options = (title) => ({unit: "cycles", share: cyclesShare.checked, title});
  chart("c-cycles", () =>
    stackedBars(
      rows(cyclesBy.value, "cycles", (parts) => parts),
      data.states,
      palette().states,
      options("Time"),
    ),
  );
  chart("c-stalls", () => {
    const bars = rows(cyclesBy.value, "cycles", ({busy, ...stalls}) => stalls);
    const all = new Map(
      rows(cyclesBy.value, "cycles", (parts) => parts).map((row) => [
        row.name,
        Object.values(row.parts).reduce((sum, part) => sum + part, 0),
      ]),
    );
    const notes = (row) =>
      `, ${percent(Object.values(row.parts).reduce((sum, part) => sum + part, 0) / (all.get(row.name) || 1))}`;
    return stackedBars(bars, data.states, palette().states, {...options("Stalls"), notes});
  });
  for (const control of [cyclesBy, cyclesShare])
    control.addEventListener("change", () => {
      draw("c-cycles");
      draw("c-stalls");
    });
}
