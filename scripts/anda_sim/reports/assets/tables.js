// Tables that sort by their headings and filter by a text.

const FIRST_ROWS = 25;

/** A line above something that is wider than the page, until it is scrolled. */
function sayThatItScrolls(scroller, text) {
  const hint = element("p", {className: "note wider", textContent: text});
  const fits = () => {
    hint.hidden = scroller.scrollWidth <= scroller.clientWidth + 1 || scroller.scrollLeft > 0;
  };
  scroller.addEventListener("scroll", fits);
  const watcher = new ResizeObserver(fits);
  for (const watched of [scroller, ...scroller.children]) watcher.observe(watched);
  scroller.before(hint);
  fits();
}

/**
 * columns: [{label, numeric, show(value) → text}], rows: lists of values in their order.
 * Numbers sort as numbers, missing values last.
 */
function dataTable(place, caption, columns, rows) {
  let order = null;
  let descending = false;
  let all = false;
  const filter = element("input", {type: "search"});
  const count = element("span", {className: "note"});
  count.setAttribute("role", "status");
  const more = element("button", {type: "button"});
  const body = element("tbody");
  const heads = columns.map((column, i) => {
    const head = element(
      "th",
      {scope: "col", className: column.numeric ? "" : "text"},
      // The arrow, which style.css adds to the last word, stays on its line.
      element(
        "button",
        {type: "button"},
        column.label.slice(0, column.label.lastIndexOf(" ") + 1),
        element("span", {textContent: column.label.slice(column.label.lastIndexOf(" ") + 1)}),
      ),
    );
    head.firstChild.addEventListener("click", () => {
      descending = order === i ? !descending : Boolean(column.numeric);
      order = i;
      heads.forEach((other, j) =>
        j === i
          ? other.setAttribute("aria-sort", descending ? "descending" : "ascending")
          : other.removeAttribute("aria-sort"),
      );
      show();
    });
    return head;
  });
  const texts = rows.map((row) =>
    row.map((value, i) => (columns[i].show ? columns[i].show(value) : String(value ?? "–"))),
  );
  const searched = texts.map((line, r) => `${line.join(" ")} ${rows[r].join(" ")}`.toLowerCase());

  function compare(a, b) {
    const x = rows[a][order],
      y = rows[b][order];
    const missing = (x === null || x === undefined) - (y === null || y === undefined);
    if (missing) return missing;
    const sign =
      typeof x === "number" && typeof y === "number"
        ? x - y
        : String(x).localeCompare(String(y), "en", {numeric: true});
    return (descending ? -sign : sign) || a - b;
  }
  function show() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.map((_, i) => i).filter((i) => words.every((word) => searched[i].includes(word)));
    if (order !== null) found.sort(compare);
    const shown = all ? found : found.slice(0, FIRST_ROWS);
    body.replaceChildren(
      ...shown.map((i) =>
        element(
          "tr",
          {},
          ...texts[i].map((text, j) => element("td", {className: columns[j].numeric ? "" : "text", textContent: text})),
        ),
      ),
    );
    count.textContent = found.length === rows.length ? `${rows.length} rows` : `${found.length} of ${rows.length} rows`;
    more.hidden = shown.length === found.length;
    more.textContent = `Show all ${found.length} rows`;
  }
  filter.addEventListener("input", show);
  more.addEventListener("click", () => {
    all = true;
    show();
  });

  const scroller = element(
    "div",
    {className: "scroller", tabIndex: 0},
    element(
      "table",
      {},
      element("caption", {className: "note", textContent: caption}),
      element("thead", {}, element("tr", {}, ...heads)),
      body,
    ),
  );
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", `${caption}, scrollable`);
  const controls = element("div", {className: "controls"}, element("label", {}, "Filter ", filter), count);
  controls.hidden = rows.length < 4;
  place.replaceChildren(controls, scroller, more);
  show();
  sayThatItScrolls(scroller, "More columns to the right: scroll the table sideways. →");
}
