const read = id => JSON.parse(document.getElementById(id).textContent);

document.getElementById("copy").onclick = async ({ target }) => {
  const text = document.getElementById("signature");
  try {
    await navigator.clipboard.writeText(text.textContent);
    target.textContent = "Copied";
  } catch { // a page from a file may not be allowed to
    getSelection().selectAllChildren(text);
    target.textContent = "Selected";
  }
};

{
  const { names, signers, glosses, clips } = read("rows");
  const said = (pairs, side) => pairs.filter((id, i) => i % 2 === side && id >= 0);
  const text = (pairs, side) => said(pairs, side).map(id => names[id]).join(" ");
  const errors = pairs =>
    pairs.reduce((n, id, i) => n + (i % 2 && id !== pairs[i - 1] ? 1 : 0), 0);
  const rate = pairs => {
    const n = said(pairs, 0).length;
    return n ? Math.round(1000 * errors(pairs) / n) / 10 : null;
  };
  // The glosses of one side, those that are wrong marked as such.
  const fill = side => (cell, [, , pairs]) => {
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i + side] < 0) continue;
      const word = document.createElement("span"), other = pairs[i + 1 - side];
      word.textContent = names[pairs[i + side]];
      word.className = "word";
      if (other < 0) word.dataset.kind = side ? "I" : "D";
      else if (other !== pairs[i + side]) word.dataset.kind = "S";
      cell.append(word, " ");
    }
  };
  const texts = value => ({ value });
  const number = (value, digits = 0) => ({ number: true, value, fill: (cell, row) => {
    cell.textContent = value(row)?.toFixed(digits) ?? "–";
  } });
  const tables = {
    glosses: [glosses, [texts(([id]) => names[id]),
      ...[0, 0, 1, 1, 0, 0, 0, 0].map((digits, i) => number(row => row[i + 1], digits)),
      texts(row => row[9] === null ? "–" : row[9] ? "yes" : "no")]],
    clips: [clips, [texts(([id]) => id), number(([, , pairs]) => errors(pairs)),
      number(([, , pairs]) => rate(pairs), 1),
      { value: ([, , pairs]) => text(pairs, 0), fill: fill(0) },
      { value: ([, , pairs]) => text(pairs, 1), fill: fill(1) },
      number(([, , pairs]) => said(pairs, 0).length), texts(row => signers[row[1]])]],
  };
  for (const table of document.querySelectorAll("table[data-rows]"))
    dataTable(table, ...tables[table.dataset.rows]);
}

{
  const poses = read("poses"), players = new Map();

  // The player of a card, its timeline and its alignment, which always show the same moment.
  const start = card => {
    const canvas = card.querySelector("canvas"), controls = card.querySelector(".controls");
    const line = card.querySelector(".timeline"), now = card.querySelector(".now");
    const button = controls.querySelector("[data-do=play]");
    const [from, to] = [1000 * line.dataset.from, 1000 * line.dataset.to];
    const spans = [...line.querySelectorAll("span")];
    const isLinked = !spans.some(span => span.dataset.kind === "?");
    const head = document.createElement("i");
    line.append(head);
    canvas.setAttribute("aria-label", `Pose of clip ${card.dataset.clip}`);
    line.setAttribute("role", "slider");
    line.setAttribute("aria-label", "time");
    line.tabIndex = 0;
    line.setAttribute("aria-valuemin", (from / 1000).toFixed(2));
    line.setAttribute("aria-valuemax", (to / 1000).toFixed(2));

    const show = (time, playing) => {
      const seconds = time / 1000;
      head.style.left = `${100 * Math.min(Math.max((time - from) / (to - from), 0), 1)}%`;
      const signed = spans.filter(s => s.dataset.from <= seconds && seconds < s.dataset.to);
      for (const span of spans) span.classList.toggle("on", signed.includes(span));
      if (isLinked) for (const pair of card.querySelectorAll(".pairs li"))
        pair.classList.toggle("on", signed.some(s => s.dataset.place === pair.dataset.place));
      button.textContent = playing ? "Pause" : "Play";
      const titles = signed.map(span => span.title).join("; ");
      now.textContent = `${seconds.toFixed(2)} s`;
      line.setAttribute("aria-valuenow", seconds.toFixed(2));
      line.setAttribute("aria-valuetext", `${seconds.toFixed(2)} s ${titles}`);
      controls.querySelector("output").textContent = titles;
    };
    const player = new PosePlayer(canvas, poses[card.dataset.clip], show);

    const seek = event => {
      const box = line.getBoundingClientRect();
      player.seek(from + (to - from) * (event.clientX - box.left) / box.width);
    };
    line.onpointerdown = event => { line.setPointerCapture(event.pointerId); seek(event); };
    line.onpointermove = event => { if (event.buttons) seek(event); };
    if (isLinked) for (const pair of card.querySelectorAll(".pairs li[data-place]")) {
      const span = spans[pair.dataset.place];
      if (span) pair.onclick = () => player.enter(Math.round(1000 * span.dataset.from));
    }
    canvas.onclick = () => player.toggle();
    const speed = controls.querySelector("[data-do=speed]");
    speed.onchange = () => { player.speed = Number(speed.value); };
    const faster = by => {
      speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + by, 0), speed.length - 1);
      speed.onchange();
    };
    const acts = { play: () => player.toggle(), back: () => player.step(-1), on: () => player.step(1) };
    for (const one of controls.querySelectorAll("button")) one.onclick = acts[one.dataset.do];
    const keys = {
      " ": acts.play, k: acts.play, ArrowLeft: acts.back, ArrowRight: acts.on,
      Home: () => player.show(0), End: () => player.show(player.last),
      "<": () => faster(-1), ">": () => faster(1), "-": () => faster(-1), "+": () => faster(1),
    };
    card.addEventListener("keydown", event => {
      const isPress = event.key === " " && event.target.matches("button");
      if (event.target.matches("select") || isPress || event.ctrlKey || event.metaKey || event.altKey)
        return;
      const act = keys[event.key];
      if (act) { event.preventDefault(); act(); }
    });
    players.set(card.dataset.clip, player);
  };

  // A player is made when its card comes near the window: fifty at once would delay the page.
  const watch = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries)
      if (isIntersecting) { watch.unobserve(target); start(target); }
  }, { rootMargin: "400px" });
  const cards = [...document.querySelectorAll(".clip")]
    .filter(card => Object.hasOwn(poses, card.dataset.clip));
  for (const card of cards) watch.observe(card);
  // Paper has no window: all of it is seen.
  addEventListener("beforeprint", () => {
    for (const card of cards) if (!players.has(card.dataset.clip)) { watch.unobserve(card); start(card); }
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  matchMedia("(prefers-color-scheme: dark)")
    .addEventListener("change", () => players.forEach(player => player.draw()));
}
