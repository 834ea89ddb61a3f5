const data = JSON.parse(document.getElementById("data").textContent);
UNITS = data.units;
NAMES = data.names;
PALETTES = data.palette;
document.getElementById("subtitle").textContent = [
  ...new Set(data.runs.map((run) => `${run.workload}, level ${run.level}`)),
  ...new Set(data.servers.map((server) => `${server.workload}, level ${server.level}`)),
  ...data.tables.map((table) => `${table.rows.length} points${table.kind === "comparison" ? "" : ` of ${table.label}`}`),
].join("; ");
document
  .getElementById("sections")
  .append(
    ...[...document.querySelectorAll("main > section")].map((section) =>
      element("li", {}, element("a", {href: `#${section.id}`, textContent: section.querySelector("h2").textContent})),
    ),
  );
if (data.runs.length > 0) showRuns(data);
if (data.servers.length > 0) showServers(data);
if (data.comparisons.length > 0) showComparisons(data);
if (data.tables.length > 0) showTables(data);
for (const scroller of document.querySelectorAll("figure > .scroller")) sayThatItScrolls(scroller, "More to the right: scroll the chart sideways. →");
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let width = narrow();
window.addEventListener("resize", () => {
  if (narrow() === width) return;
  width = narrow();
  drawAll();
});
document.documentElement.dataset.ready = "true";
