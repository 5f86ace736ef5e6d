// Stages of the architecture flow: each box with its words, its time and, for some, a small picture.

export const SVG = "http://www.w3.org/2000/svg";
const PAD = 12;
const LINE_PX = 16;
const SMALLEST_PX = 8;
const MOST_SCORE = 1.2; // end of the gate's axis: a soft gate with a low rate has a threshold above 1
const PICTURES = { significance: histogramPicture, gate: gatePicture, mask: maskPicture, pack: queuePicture, reservoir: levelPicture };
// Places of the lines in the boxes that do not simply list them below the title.
const LINES = {
  gate: (box) => [[PAD, 42], [PAD, box.h - 40], [box.w / 2 + 4, box.h - 40]],
  mask: (box) => [[PAD, 43], [PAD, box.h - 14]],
  pack: () => [[PAD, 66]],
};

export function svg(tag, attributes = {}, parent = null) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent?.append(node);
  return node;
}

// Write a changed text, in smaller type if it does not fit.
export function write(node, text, room) {
  if (node.textContent === text) return;
  node.textContent = text;
  node.style.fontSize = "";
  const length = room ? node.getComputedTextLength() : 0;
  if (length <= room || !length) return;
  const size = parseFloat(getComputedStyle(node).fontSize);
  node.style.fontSize = `${Math.max(SMALLEST_PX, (size * room) / length).toFixed(1)}px`;
}

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
}

export function buildStage(stage, box, parent) {
  const group = svg("g", { class: "stage", "data-stage": stage.name, role: "button", tabindex: 0, transform: `translate(${box.x} ${box.y})` }, parent);
  svg("rect", { class: "box", width: box.w, height: box.h, rx: 12 }, group);
  const built = { group, box, title: svg("text", { class: "name", x: PAD, y: 25 }, group), lines: [] };
  const places = LINES[stage.name]?.(box) ?? [0, 1, 2].map((i) => [PAD, 44 + LINE_PX * i]);
  built.lines = places.map(([x, y], i) => svg("text", { class: i ? "value" : "line", x, y }, group));
  built.time = svg("text", { class: "time", x: PAD, y: box.h - 16 }, group);
  built.track = svg("rect", { class: "track", x: PAD, y: box.h - 9, width: box.w - 2 * PAD, height: 3, rx: 1.5 }, group);
  built.share = svg("rect", { class: "share", x: PAD, y: box.h - 9, width: 0, height: 3, rx: 1.5 }, group);
  built.picture = PICTURES[stage.name]?.(group, box);
  return built;
}

export function updateStage(built, stage, frame) {
  const room = built.box.w - 2 * PAD;
  set(built.group, { "aria-label": stage.alt });
  write(built.title, stage.title, built.picture?.room ?? room);
  built.lines.forEach((node, i) => write(node, stage.lines[i] ?? "", built.picture?.rooms?.[i] ?? built.picture?.room ?? room));
  write(built.time, stage.time, room);
  built.track.style.display = built.share.style.display = stage.share === null ? "none" : "";
  set(built.share, { width: ((stage.share ?? 0) * room).toFixed(1) });
  built.picture?.update(frame);
}

function bars(heights, x, base, width, height) {
  const step = width / heights.length;
  return heights.map((h, i) => `M${(x + (i + 0.14) * step).toFixed(1)} ${base}v${(-h * height).toFixed(1)}h${(0.72 * step).toFixed(1)}V${base}z`).join("");
}

function histogramPicture(group, box) {
  const base = box.h - 34;
  const path = svg("path", { class: "histogram" }, group);
  const axis = svg("path", { class: "axis", d: `M${PAD} ${base + 0.5}h${box.w - 2 * PAD}` }, group);
  return {
    update({ histogram }) {
      axis.style.display = path.style.display = histogram ? "" : "none";
      if (histogram) set(path, { d: bars(histogram, PAD, base, box.w - 2 * PAD, base - 54) });
    },
  };
}

function gatePicture(group, box) {
  const plot = { x: PAD, top: 56, base: box.h - 76, w: box.w - 2 * PAD };
  const high = plot.base - plot.top;
  const path = svg("path", { class: "histogram" }, group);
  const at = (score) => plot.x + (Math.min(MOST_SCORE, Math.max(0, score)) / MOST_SCORE) * plot.w;
  svg("path", { class: "axis", d: `M${plot.x} ${plot.base + 0.5}h${plot.w}M${at(1)} ${plot.base}v4` }, group);
  svg("text", { class: "tick", x: at(1), y: plot.base + 14, "text-anchor": "middle" }, group).textContent = "s = 1";
  const line = svg("path", { class: "threshold" }, group);
  const curve = svg("path", { class: "curve" }, group);
  const word = svg("text", { class: "theta", y: plot.top + 2 }, group);
  const half = box.w / 2 - PAD - 4;
  return {
    rooms: [box.w - 2 * PAD, half, half],
    update({ histogram, gate }) {
      path.style.display = histogram ? "" : "none";
      for (const node of [line, curve, word]) node.style.display = gate ? "" : "none";
      if (histogram) set(path, { d: bars(histogram, plot.x, plot.base, at(1) - plot.x, high) });
      if (!gate) return;
      set(curve, { d: `M${gate.curve.map(([s, p]) => `${at(s).toFixed(1)} ${(plot.base - p * high).toFixed(1)}`).join("L")}` });
      const x = at(gate.threshold);
      set(line, { d: `M${x.toFixed(1)} ${plot.base}V${plot.top - 6}` });
      const left = x > plot.x + plot.w / 2;
      set(word, { x: (x + (left ? -6 : 6)).toFixed(1), "text-anchor": left ? "end" : "start" });
      write(word, gate.word);
    },
  };
}

// A hundred cells for a hundred candidates: the active ones are lit, evenly spread.
function maskPicture(group, box) {
  const columns = 20;
  const cell = (box.w - 2 * PAD) / columns;
  const [dark, lit] = ["dark", "lit"].map((name) => svg("path", { class: `cells ${name}` }, group));
  return {
    update({ mask }) {
      const d = ["", ""];
      for (let i = 0; mask && i < mask.cells; i++) {
        const place = (i + mask.turn * 7) % mask.cells;
        const on = Math.floor(((place + 1) * mask.lit) / mask.cells) > Math.floor((place * mask.lit) / mask.cells);
        const [x, y] = [PAD + (i % columns) * cell, 53 + Math.floor(i / columns) * cell];
        d[Number(on)] += `M${x.toFixed(1)} ${y.toFixed(1)}h${(cell - 1.2).toFixed(1)}v${(cell - 1.2).toFixed(1)}h${(1.2 - cell).toFixed(1)}z`;
      }
      set(dark, { d: d[0] });
      set(lit, { d: d[1] });
      group.dataset.lit = mask ? mask.lit : "";
    },
  };
}

function queuePicture(group, box) {
  const room = box.w - 2 * PAD;
  const track = svg("rect", { class: "track", x: PAD, y: 40, width: room, height: 9, rx: 3 }, group);
  const bar = svg("rect", { class: "share", x: PAD, y: 40, width: 0, height: 9, rx: 3 }, group);
  return {
    update({ queue }) {
      track.style.display = bar.style.display = queue ? "" : "none";
      if (queue) set(bar, { width: ((room * queue.waiting) / queue.of).toFixed(1) });
    },
  };
}

function levelPicture(group, box) {
  const [x, top, width, high] = [box.w - PAD - 24, 12, 24, box.h - 24];
  svg("rect", { class: "tank", x, y: top, width, height: high, rx: 5 }, group);
  const level = svg("rect", { class: "level", x: x + 2.5, width: width - 5, rx: 3 }, group);
  return {
    room: box.w - 2 * PAD - width - 4,
    update(frame) {
      const share = frame.level ?? 0;
      const height = share * (high - 5);
      set(level, { y: (top + 2.5 + (high - 5) - height).toFixed(1), height: height.toFixed(1) });
    },
  };
}
