// Comparisons of systems on several models: a group of bars for each model, and the means.

const COMPARED = {
  speedup: "Speedup",
  energy_efficiency: "Energy efficiency",
  area_efficiency: "Area efficiency",
};
const ENERGY_PARTS = {compute: "compute", sram: "SRAM", dram: "DRAM"};

/** Groups of bars, a series for each system. */
function ratioBars(compared, key) {
  const groups = compared.models.map(label);
  if (compared.models.length > 1) groups.push("<b>mean</b>");
  const title = COMPARED[key];
  const numbers = compared.ratios[key];
  const means = numbers.map((row) => row.at(-1));
  return {
    data: compared.systems.map((system, i) => ({
      type: "bar",
      name: label(system),
      x: groups,
      y: numbers[i],
      marker: {color: series(i)},
      text: numbers[i].map((value) => (value === null ? "n/a" : value.toFixed(2))),
      textposition: "inside",
      insidetextanchor: "end",
      textangle: -90,
      textfont: {color: textOn(series(i)), size: 11},
      constraintext: "none",
      hovertemplate: `${label(system)}, %{x}: %{y:.4~g}×<extra></extra>`,
    })),
    layout: {
      height: narrow() ? 420 : 460,
      barmode: "group",
      bargap: 0.18,
      bargroupgap: 0.04,
      uniformtext: {minsize: 9, mode: "hide"},
      xaxis: {type: "category", tickangle: groups.length > 5 ? -35 : 0},
      yaxis: {title: {text: `${title}, times ${label(compared.baseline)}`}, rangemode: "tozero"},
      shapes: [{type: "line", xref: "paper", x0: 0, x1: 1, y0: 1, y1: 1, line: {color: colour("--muted"), width: 1, dash: "dot"}}],
    },
    text: `${title} against ${compared.baseline}, geometric mean: ${compared.systems.map((system, i) => `${system} ${means[i] === null ? "n/a" : times(means[i])}`).join(", ")}`,
  };
}

/** Stacked bars of the energy of each system, as shares of the baseline's, the mean over the models. */
function energyBars(compared) {
  const rows = compared.systems.map((name, i) => ({
    name,
    parts: Object.fromEntries(Object.keys(ENERGY_PARTS).map((part) => [part, (compared.energy[part][i].at(-1) ?? 0) * 100])),
  }));
  const parts = palette().components;
  return stackedBars(rows, ENERGY_PARTS, {compute: parts.mxu, sram: parts.activation_buffer, dram: parts.dram}, {
    unit: "%",
    plain: true,
    title: `Energy, share of ${compared.baseline}’s`,
  });
}

function showComparison(compared) {
  // "LLaMA-7B, prefill of 2048 tokens, batch 1": the model stands below its bars.
  const tails = new Set(compared.workloads.map((text, i) => text.replace(`${compared.models[i]}, `, "")));
  document.getElementById("compared-note").textContent =
    `${compared.name}: ${compared.systems.length} systems against ${compared.baseline}, level ${compared.level}` +
    (tails.size <= 3 ? `; ${[...tails].join("; ")}.` : ".");
  const several = compared.models.length > 1;
  const select = document.getElementById("compared-metric");
  const caption = () => {
    document.getElementById("compared-caption").textContent =
      select.value === "energy"
        ? "Energy of each system by where it goes, external memory included" + (several ? ", the mean of the models." : ".")
        : `Times the baseline: more is better.${several ? " The last group is the geometric mean over the models." : ""}`;
  };
  select.onchange = () => {
    caption();
    draw("c-compared");
  };
  caption();
  chart("c-compared", () => {
    const place = document.getElementById("c-compared");
    const bars = compared.systems.length * (compared.models.length + 1);
    place.style.minWidth = select.value === "energy" ? "" : `${Math.min(1100, 60 + 11 * bars)}px`;
    return select.value === "energy" ? energyBars(compared) : ratioBars(compared, select.value);
  });
  const columns = [
    {label: "model"},
    {label: "system"},
    ...Object.values(COMPARED).map((name) => ({label: name.toLowerCase(), numeric: true, show: (v) => (v === null ? "n/a" : times(v))})),
    {label: "energy share", numeric: true, show: percent},
  ];
  const groups = several ? ["mean", ...compared.models] : compared.models;
  dataTable(
    document.getElementById("compared-table"),
    `Against ${compared.baseline}${several ? "; means are geometric, those of energy shares arithmetic" : ""}`,
    columns,
    groups.flatMap((group, place) => {
      const at = several ? (place === 0 ? compared.models.length : place - 1) : place;
      return compared.systems.map((system, i) => [
        group,
        system,
        ...Object.keys(COMPARED).map((key) => compared.ratios[key][i][at]),
        compared.energy.total[i][at],
      ]);
    }),
  );
  document
    .getElementById("compared-notes")
    .replaceChildren(...compared.notes.map((note) => element("p", {className: "note", textContent: `Note: ${note}`})));
}

function showComparisons(data) {
  const choice = document.getElementById("compared-of");
  fill(choice, data.comparisons.map((compared, i) => [String(i), compared.name]), "0");
  document.getElementById("compared-choice").hidden = data.comparisons.length < 2;
  fill(document.getElementById("compared-metric"), [...Object.entries(COMPARED), ["energy", "Energy by part"]], "speedup");
  choice.addEventListener("change", () => showComparison(data.comparisons[Number(choice.value)]));
  showComparison(data.comparisons[0]);
}
