// A table whose rows are data, not elements: only those that one looks at are drawn.
// columns: [{number, value: row => what is sorted and filtered by, fill: (cell, row) => void}]
const AT_ONCE = 100;
const dataTable = (table, rows, columns) => {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const foot = table.parentElement.nextElementSibling, more = foot.querySelector("button");
  const inputs = [], keys = columns.map(() => null);
  let shown = rows, drawn = 0, order = rows;
  // The texts of a column are made when it is first sorted or filtered by.
  const key = i => keys[i] ??= new Map(rows.map(row => [row, columns[i].value(row)]));
  const draw = () => {
    const next = shown.slice(drawn, drawn + AT_ONCE).map(row => {
      const line = document.createElement("tr");
      columns.forEach((column, i) => {
        const cell = document.createElement(i ? "td" : "th");
        if (!i) cell.scope = "row";
        if (column.number) cell.className = "num"; else cell.dir = "auto";
        if (column.fill) column.fill(cell, row); else cell.textContent = column.value(row);
        line.append(cell);
      });
      return line;
    });
    body.append(...next);
    drawn += next.length;
    more.hidden = drawn >= shown.length;
    foot.querySelector("[role=status]").textContent = shown.length === rows.length
      ? `${drawn.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`
      : `${drawn.toLocaleString("en")} of ${shown.length.toLocaleString("en")} rows that match, ` +
        `of ${rows.length.toLocaleString("en")}`;
  };
  const restart = () => { body.replaceChildren(); drawn = 0; draw(); };
  const filter = () => {
    const wanted = inputs.map((input, i) => [i, input.value.trim()]).filter(([, text]) => text);
    shown = order.filter(row => wanted.every(([i, text]) =>
      matches(String(key(i).get(row) ?? "–"), text)));
    restart();
  };
  const sort = (i, up) => {
    const sign = up ? 1 : -1, of = key(i);
    const collator = new Intl.Collator("en", { numeric: true });
    order = [...rows].sort((a, b) => {
      const [x, y] = [of.get(a), of.get(b)];
      if (!columns[i].number) return sign * collator.compare(x, y);
      return (x === null) - (y === null) || sign * (x - y);
    });
    filter();
  };
  heads.forEach((head, i) => {
    const title = head.textContent, button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.onclick = () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      sort(i, up);
    };
    const input = document.createElement("input");
    input.type = "search";
    input.dir = "auto";
    input.setAttribute("aria-label", `filter by ${title}`);
    input.placeholder = columns[i].number ? "> 5" : "filter";
    input.oninput = filter;
    inputs.push(input);
    head.replaceChildren(button, input);
  });
  more.onclick = draw;
  draw();
};
