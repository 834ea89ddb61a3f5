// What servers did: latencies, throughput, the load, and series over time.

const LOAD_NUMBERS = [
  ["first_token_p99_s", "first token, 99 %", "s"],
  ["first_token_p50_s", "first token, 50 %", "s"],
  ["per_token_p50_s", "per further token, 50 %", "s"],
  ["latency_p99_s", "last token, 99 %", "s"],
  ["goodput_per_s", "goodput", "requests/s"],
  ["output_tokens_per_s", "output tokens", "tokens/s"],
  ["busy_share", "busy share", ""],
  ["energy_per_output_token_j", "energy per output token", "J"],
];

const SERIES_SHOWN = {
  requests: {title: "requests", parts: {running: "running", waiting: "waiting"}},
  blocks: {title: "blocks of the cache", parts: {blocks: "blocks in use"}},
  shares: {title: "shares of the time", parts: {busy_share: "accelerators busy", link_share: "links busy"}},
};

function scaledTo(values, unit) {
  const [factor, prefix] = prefixOf(Math.max(...values.filter((value) => value !== null), 0), unit);
  return [factor, joined(prefix, unit)];
}

/** A line for each system through its percentiles. */
function percentileLines(systems, latency, data) {
  const names = Object.entries(data.percentiles);
  const of = (system, part) => system.numbers[`${latency}_${part}_s`];
  const all = systems.flatMap((system) => names.map(([part]) => of(system, part))).filter((value) => value > 0);
  const [factor, unit] = scaledTo(all, "s");
  const spread = all.length > 0 && Math.max(...all) / Math.min(...all) > 20;
  return {
    data: systems.map((system, i) => ({
      type: "scatter",
      mode: "lines+markers",
      name: label(system.title),
      line: {color: series(i), width: 2},
      marker: {symbol: SYMBOLS[i % SYMBOLS.length], size: 8},
      x: names.map(([, name]) => name),
      y: names.map(([part]) => (of(system, part) === null ? null : of(system, part) / factor)),
      customdata: names.map(([part]) => quantity(of(system, part), "s")),
      hovertemplate: "%{x}: %{customdata}<extra></extra>",
    })),
    layout: {
      height: 360 + 22 * (narrow() ? systems.length : 0),
      xaxis: {title: {text: "Share of the requests"}, type: "category"},
      yaxis: {
        title: {text: `Time ${data.latencies[latency]} (${unit})`},
        ...(spread ? logarithmic(Math.min(...all), Math.max(...all)) : {rangemode: "tozero"}),
      },
    },
    text: `Percentiles of the time ${data.latencies[latency]} of ${systems.map((system) => system.title).join(", ")}`,
  };
}

function seriesLines(system, which) {
  const {title, parts} = SERIES_SHOWN[which];
  const interval = system.series.interval_s;
  const count = system.series.running.length;
  const [factor, unit] = scaledTo([interval * count], "s");
  return {
    data: Object.entries(parts).map(([key, name], i) => ({
      type: "scatter",
      mode: "lines",
      name,
      line: {color: series(i), width: 1.5, shape: "hv"},
      x: system.series[key].map((_, place) => (place * interval) / factor),
      y: system.series[key],
      hovertemplate: `${name}: %{y:.4~r}<extra></extra>`,
    })),
    layout: {
      height: 360,
      showlegend: true,
      xaxis: {title: {text: `Time (${unit})`}},
      yaxis: {
        title: {text: title[0].toUpperCase() + title.slice(1)},
        rangemode: "tozero",
        ...(which === "shares" ? {tickformat: ".0%", range: [0, 1.02]} : {}),
      },
    },
    text:
      `${title} of ${system.title} over time` + (which === "blocks" ? `, of ${whole(system.blocks)} that there are` : ""),
  };
}

/** Servers of the same system and accelerators, over the rate of arrivals. */
function loadLines(servers, [key, name, unit]) {
  const lines = new Map();
  for (const server of servers) {
    if (server.requests.rate_per_s === null) continue;
    for (const system of server.systems) {
      const {accelerators, tensor, pipeline} = server.cluster;
      const title = `${system.name}, ${accelerators} accelerator${accelerators > 1 ? "s" : ""} (${tensor} × ${pipeline})`;
      if (!lines.has(title)) lines.set(title, []);
      lines.get(title).push([server.requests.rate_per_s, system.numbers[key]]);
    }
  }
  const all = [...lines.values()].flat().map(([, y]) => y);
  const [factor, shown] = scaledTo(all, unit);
  return {
    data: [...lines].map(([title, points], i) => {
      points.sort((a, b) => a[0] - b[0]);
      return {
        type: "scatter",
        mode: "lines+markers",
        name: label(title),
        line: {color: series(i), width: 2},
        marker: {symbol: SYMBOLS[i % SYMBOLS.length], size: 8},
        x: points.map(([x]) => x),
        y: points.map(([, y]) => (y === null ? null : y / factor)),
        customdata: points.map(([, y]) => quantity(y, unit)),
        hovertemplate: "%{x:.4~r} requests/s: %{customdata}<extra></extra>",
      };
    }),
    layout: {
      height: 380,
      xaxis: {title: {text: "Arrivals (requests/s)"}, rangemode: "tozero"},
      yaxis: {title: {text: shown ? `${name[0].toUpperCase()}${name.slice(1)} (${shown})` : name}, rangemode: "tozero"},
    },
    text: `${name} over the rate of arrivals for ${[...lines.keys()].join(", ")}`,
  };
}

function showServers(data) {
  const several = data.servers.length > 1;
  const systems = data.servers.flatMap((server) =>
    server.systems.map((system) => ({...system, server, title: several ? `${system.name} · ${server.label}` : system.name})),
  );
  document.getElementById("servers-note").textContent = data.servers
    .slice(0, 3)
    .map((server) => {
      const {count, prompt_tokens, output_tokens, rate_per_s} = server.requests;
      const rate = rate_per_s === null ? "at once" : `at ${digits(rate_per_s)} requests/s`;
      return `${server.label}: ${whole(count)} requests ${rate}, ${whole(prompt_tokens)} prompt and ${whole(output_tokens)} output tokens`;
    })
    .join("; ");
  const seconds = (v) => (v === null ? "n/a" : quantity(v, "s"));
  const columns = [
    ["system", null, (s) => s.title],
    ["accelerators", whole, (s) => s.server.cluster.accelerators],
    ["arrivals /s", digits, (s) => s.server.requests.rate_per_s],
    ["requests /s", digits, (s) => s.numbers.requests_per_s],
    ["goodput /s", digits, (s) => s.numbers.goodput_per_s],
    ["first token 50\u00a0%", seconds, (s) => s.numbers.first_token_p50_s],
    ["first token 99\u00a0%", seconds, (s) => s.numbers.first_token_p99_s],
    ["per token 50\u00a0%", seconds, (s) => s.numbers.per_token_p50_s],
    ["output tokens/s", digits, (s) => s.numbers.output_tokens_per_s],
    ["mean batch", digits, (s) => s.numbers.mean_batch],
    ["busy", percent, (s) => s.numbers.busy_share],
    ["KV blocks used", percent, (s) => s.numbers.cache_most_blocks / s.numbers.cache_blocks],
    ["energy per token", (v) => quantity(v, "J"), (s) => s.numbers.energy_per_output_token_j],
  ];
  dataTable(
    document.getElementById("servers-table"),
    "Latency, throughput and energy",
    columns.map(([label, show]) => ({label, show, numeric: show !== null})),
    systems.map((system) => columns.map(([, , get]) => get(system))),
  );
  const choose = (id, entries, chosen, redraw) => {
    const select = document.getElementById(id);
    fill(select, entries, chosen);
    select.addEventListener("change", () => draw(redraw));
    return select;
  };
  const rates = new Set(data.servers.map((server) => server.requests.rate_per_s).filter((rate) => rate !== null));
  if (rates.size > 1) {
    document.getElementById("load-part").hidden = false;
    const y = choose("load-y", LOAD_NUMBERS.map(([, name], i) => [String(i), name]), "0", "c-load");
    chart("c-load", () => loadLines(data.servers, LOAD_NUMBERS[Number(y.value)]));
  }
  const of = choose("percentiles-of", Object.entries(data.latencies), "first_token", "c-percentiles");
  chart("c-percentiles", () => percentileLines(systems, of.value, data));
  const system = choose("series-system", systems.map(({title}, i) => [String(i), title]), String(systems.length - 1), "c-series");
  const which = choose("series-of", Object.entries(SERIES_SHOWN).map(([key, {title}]) => [key, title]), "requests", "c-series");
  chart("c-series", () => seriesLines(systems[Number(system.value)], which.value));
  document.getElementById("servers-details").append(
    ...data.servers.flatMap((server) => [
      ...server.notes.map((note) => element("p", {className: "note", textContent: `${server.label}: ${note}`})),
      server.config === null
        ? null
        : element(
            "details",
            {},
            element("summary", {textContent: `Configuration of ${server.label}`}),
            element("pre", {textContent: server.config}),
          ),
    ]).filter((part) => part !== null),
  );
}
