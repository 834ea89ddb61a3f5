// Sections about runs.

function systemsOf(data) {
  const several = data.runs.length > 1;
  return data.runs.flatMap((run) =>
    run.systems.map((system) => ({...system, run, title: several ? `${run.label} · ${system.name}` : system.name})),
  );
}

function gemmTables(data, systems) {
  const kinds = [
    ["system", null],
    ["kind of GeMM", null],
    ["GeMMs", whole],
    ["cycles", whole],
    ["time", (v) => quantity(v, "s")],
    ["MACs", (v) => quantity(v, "")],
    ["energy", joules],
    ["DRAM read", (v) => quantity(v, "B")],
    ["DRAM write", (v) => quantity(v, "B")],
  ];
  dataTable(
    document.getElementById("kinds-table"),
    "Equal GeMMs together",
    kinds.map(([label, show]) => ({label, show, numeric: show !== null})),
    systems.flatMap((system) =>
      system.kind_rows.map((row) => [
        system.title,
        row.name,
        row.gemms,
        row.cycles,
        row.time_s,
        row.macs,
        row.energy_total_pj,
        row.dram_read_bytes,
        row.dram_write_bytes,
      ]),
    ),
  );
  const place = document.getElementById("ops-table");
  const whole_ops = systems.filter((system) => system.ops !== null);
  if (whole_ops.length === 0) {
    place.append(
      element("p", {
        className: "note",
        textContent: `More than ${data.most_ops} GeMMs each: they are in ops.csv of the run.`,
      }),
    );
    return;
  }
  const bits = (v) => (v === 0 ? "FP16" : v);
  const shows = {
    cycles: whole,
    stall_cycles: whole,
    time_s: (v) => quantity(v, "s"),
    utilization: percent,
    dram_read_bytes: (v) => quantity(v, "B"),
    dram_write_bytes: (v) => quantity(v, "B"),
    dram_bandwidth_bytes_per_s: (v) => quantity(v, "B/s"),
    effective_tops: digits,
    energy_total_pj: joules,
    tops_per_w: digits,
    input_mantissa_bits: bits,
    output_mantissa_bits: bits,
  };
  const labels = {
    time_s: "time",
    utilization: "array busy",
    dram_read_bytes: "DRAM read",
    dram_write_bytes: "DRAM write",
    dram_bandwidth_bytes_per_s: "DRAM bandwidth",
    effective_tops: "TOPS",
    energy_total_pj: "energy",
    tops_per_w: "TOPS/W",
    input_mantissa_bits: "bits in",
    output_mantissa_bits: "bits out",
    weight_bits: "weight bits",
    stall_cycles: "stall cycles",
  };
  dataTable(
    place,
    "GeMMs in the order of the workload",
    [
      {label: "system"},
      ...data.op_columns.map((key) => ({
        label: labels[key] || key,
        show: shows[key] || undefined,
        numeric: !["name", "tensor"].includes(key),
      })),
    ],
    whole_ops.flatMap((system) => system.ops.map((row) => [system.title, ...row])),
  );
}

function setups(data) {
  document
    .getElementById("setups")
    .replaceChildren(
      ...data.runs.flatMap((run) => [
        element("h3", {textContent: run.label}),
        element("p", {
          className: "note",
          textContent:
            `${run.workload}; level ${run.level}; anda-sim ${run.version}; configuration ` +
            `${run.config_sha256.slice(0, 12)}…, workload ${run.trace.slice(0, 12)}… (SHA-256)`,
        }),
        ...run.notes.map((text) => element("p", {className: "note", textContent: `Note: ${text}`})),
        element(
          "details",
          {open: data.runs.length === 1},
          element("summary", {textContent: `${run.assumptions.length} assumptions`}),
          element("ul", {}, ...run.assumptions.map((text) => element("li", {textContent: text}))),
        ),
        element(
          "details",
          {},
          element("summary", {textContent: "Effective configuration"}),
          run.config === null
            ? element("p", {textContent: "config.yaml is not beside report.json."})
            : element("pre", {tabIndex: 0, textContent: run.config}),
        ),
      ]),
    );
}

function showRuns(data) {
  const systems = systemsOf(data);
  const traces = new Set(data.runs.map((run) => run.trace));
  document.getElementById("headline-note").textContent =
    traces.size > 1
      ? "The runs have different workloads: compare within each of them."
      : `All systems run the same workload. Ratios are against the first system of ` +
        `${data.runs.length > 1 ? "each run" : "the run"}. Energy includes external memory, area does not. ` +
        "TOPS: 10¹² operations a second, two for a multiply-accumulate; GeMM: a product of two matrices.";
  cards(systems);
  comparison(systems);
  inferences(data, systems);
  breakdowns(data, systems);
  roofline(systems);
  areas(data, systems);
  overTime(data, systems);
  gemmTables(data, systems);
  setups(data);
}
