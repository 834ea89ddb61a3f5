// What a whole inference took: tokens over time, operations by kind, and the passes of a decode.

function passesOf(system, kinds) {
  const passes = system.inference.decode;
  const all = passes.flatMap((pass) => Object.values(pass.parts));
  const [factor, prefix] = prefixOf(Math.max(...all, 0), "s");
  const shown = Object.keys(kinds).filter((kind) => passes.some((pass) => pass.parts[kind] > 0));
  const colours = palette().kinds;
  return {
    data: shown.map((kind) => ({
      type: "scatter",
      mode: "lines",
      stackgroup: "passes",
      name: kinds[kind],
      line: {color: colours[kind], width: 1},
      fillcolor: colours[kind],
      x: passes.map((pass) => pass.token),
      y: passes.map((pass) => (pass.parts[kind] ?? 0) / factor),
      customdata: passes.map((pass) => quantity(pass.parts[kind] ?? 0, "s")),
      hovertemplate: `token %{x}<br>${kinds[kind]}: %{customdata}<extra></extra>`,
    })),
    layout: {
      height: 380,
      xaxis: {title: {text: "Output token"}},
      yaxis: {title: {text: `Time of its pass (${joined(prefix, "s")})`}, rangemode: "tozero"},
    },
    text: `Time of each decode pass of ${system.title} by kind of operation`,
  };
}

function inferences(data, systems) {
  const inferring = systems.filter((system) => system.inference !== null);
  if (inferring.length === 0) return;
  const seconds = (v) => (v === null ? "n/a" : quantity(v, "s"));
  const columns = [
    ["system", null, (s) => s.title],
    ["first token", seconds, (s) => s.inference.time_to_first_token_s],
    ["per further token", seconds, (s) => s.inference.time_per_output_token_s],
    ["tokens/s", (v) => (v === null ? "n/a" : digits(v)), (s) => s.inference.tokens_per_s],
    ["prompt tokens/s", (v) => (v === null ? "n/a" : digits(v)), (s) => s.inference.prompt_tokens_per_s],
    ["energy per token", (v) => (v === null ? "n/a" : quantity(v, "J")), (s) => s.inference.energy_per_token_j],
    ["KV cache", (v) => quantity(v, "B"), (s) => s.inference.kv_cache_bytes],
  ];
  dataTable(
    document.getElementById("inference-table"),
    "Tokens over time",
    columns.map(([label, show]) => ({label, show, numeric: show !== null})),
    inferring.map((system) => columns.map(([, , get]) => get(system))),
  );
  const share = document.getElementById("inference-share");
  chart("c-inference", () =>
    stackedBars(
      inferring.flatMap((system) =>
        system.inference.phases.map((phase) => ({name: `${system.title} · ${phase.name}`, parts: phase.parts})),
      ),
      data.op_kinds,
      palette().kinds,
      {unit: "s", share: share.checked, title: "Time"},
    ),
  );
  share.addEventListener("change", () => draw("c-inference"));
  const decoding = inferring.filter((system) => system.inference.decode.length > 1);
  if (decoding.length === 0) return;
  document.getElementById("passes-part").hidden = false;
  const select = document.getElementById("passes-system");
  fill(
    select,
    decoding.map((system, i) => [String(i), system.title]),
    String(decoding.length - 1),
  );
  chart("c-passes", () => passesOf(decoding[Number(select.value)], data.op_kinds));
  select.addEventListener("change", () => draw("c-passes"));
}
