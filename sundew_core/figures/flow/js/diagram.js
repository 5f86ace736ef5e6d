// The architecture flow: one SVG that stays over every update. New data change its words and dots; another arm changes its boxes.
//
// The page calls `show` when data or theme change, and `close` at the end. `show` draws each version once. A hidden tab neither
// draws nor moves; when it is shown again, it draws the newest version.

import { button, element } from "./dom.js";
import { Dots } from "./dots.js";
import { copyOf, pngOf, readAs, save, svgOf } from "./export.js";
import { SIDE, head, layOut, rounded } from "./layout.js";
import { buildStage, set, svg, updateStage, write } from "./stages.js";

const NARROW_PX = 700;
const diagrams = new WeakMap();
const still = matchMedia("(prefers-reduced-motion: reduce)");
await styled();

export function show(root, news, send) {
  const diagram = diagrams.get(root) ?? open(root);
  diagram.send = send;
  diagram.newest = news ?? diagram.newest;
  update(diagram);
}

// The current picture as a data address, for a caller that saves it. `kind` is svg or png.
export function addressOf(root, kind) {
  return fileOf(diagrams.get(root), kind).then(readAs);
}

// The diagram waits for its styles. An exported page carries them in an element with this id.
function styled() {
  if (document.getElementById("flow-styles")) return null;
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: new URL("diagram.css", import.meta.url) });
  document.head.append(link);
  return new Promise((done, fail) => {
    link.onload = done;
    link.onerror = () => fail(new Error("its styles did not arrive"));
  });
}

function open(root) {
  const diagram = { root, newest: null, drawn: null, stages: new Map(), onScreen: true };
  diagram.svg = svg("svg", { class: "flow-svg", role: "group" });
  diagram.words = element("ol", "flow-words", "", { "aria-label": "The stages in words" });
  diagram.status = element("p", "flow-words", "", { role: "status" });
  root.replaceChildren(diagram.svg, exportsOf(diagram), diagram.words, diagram.status);
  listen(diagram);
  diagrams.set(root, diagram);
  return diagram;
}

function listen(diagram) {
  diagram.svg.addEventListener("click", ({ target }) => choose(diagram, target.closest(".stage")?.dataset.stage));
  diagram.svg.addEventListener("keydown", (event) => pressed(diagram, event));
  diagram.again = () => update(diagram);
  document.addEventListener("visibilitychange", diagram.again);
  still.addEventListener("change", diagram.again);
  diagram.sizes = new ResizeObserver(diagram.again);
  diagram.sizes.observe(diagram.root);
  diagram.sight = new IntersectionObserver(([entry]) => {
    diagram.onScreen = entry.isIntersecting;
    animate(diagram);
  });
  diagram.sight.observe(diagram.svg);
}

export function close(root) {
  const diagram = diagrams.get(root);
  if (!diagram) return;
  document.removeEventListener("visibilitychange", diagram.again);
  still.removeEventListener("change", diagram.again);
  diagram.sizes.disconnect();
  diagram.sight.disconnect();
  diagram.dots?.animate(false);
  diagrams.delete(root);
}

function update(diagram) {
  const { newest, root } = diagram;
  animate(diagram);
  const width = root.clientWidth;
  if (document.hidden || !newest || !width) return;
  const dark = luminance(getComputedStyle(root).getPropertyValue("--st-background-color").trim()) < 0.5;
  const side = width >= NARROW_PX;
  const drawn = `${newest.version} ${dark} ${side}`;
  if (drawn === diagram.drawn) return;
  diagram.drawn = drawn;
  paint(root, newest.palettes[dark ? "dark" : "light"], newest.frame.arm);
  const shape = `${side} ${newest.frame.variant} ${newest.frame.stages.map((stage) => stage.name)}`;
  if (shape !== diagram.shape) build(diagram, side);
  diagram.dots.follow(newest.frame.flow, shape !== diagram.shape);
  diagram.shape = shape;
  fill(diagram);
  animate(diagram);
}

function paint(root, palette, arm) {
  const { arms, ...colours } = palette;
  const all = { ...colours, arm: arms[arm].mark, arm_text: arms[arm].text };
  for (const [name, colour] of Object.entries(all)) root.style.setProperty(`--flow-${name.replace("_", "-")}`, colour);
  for (const [name, { mark }] of Object.entries(arms)) root.style.setProperty(`--flow-${name}`, mark);
}

function luminance(colour) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

function animate(diagram) {
  const moving = diagram.newest?.frame.flow.motion === "moving";
  diagram.dots?.animate(moving && diagram.onScreen && !document.hidden && !still.matches);
}

// Building the boxes, lines and words of an arm

function build(diagram, side) {
  const { frame } = diagram.newest;
  const layout = layOut(frame, side);
  const focused = document.activeElement?.closest?.(".stage")?.dataset.stage;
  diagram.dots?.animate(false);
  diagram.layout = layout;
  diagram.svg.replaceChildren();
  diagram.svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
  diagram.svg.dataset.layout = side ? "side" : "stack";
  const under = svg("g", { class: "lines" }, diagram.svg);
  for (const { points, heads, kind } of layout.lines) {
    svg("path", { class: `way ${kind ?? ""}`, d: rounded(points) }, under);
    if (heads.length) svg("path", { class: `head ${kind ?? ""}`, d: heads.map(head).join("") }, under);
  }
  diagram.dots = new Dots(svg("g", { class: "flow-dots", "aria-hidden": "true" }, diagram.svg));
  diagram.dots.place(layout);
  const over = svg("g", { class: "boxes" }, diagram.svg);
  diagram.stages = new Map(frame.stages.map((stage) => [stage.name, buildStage(stage, layout.boxes[stage.name], over)]));
  diagram.title = layout.title.map(([x, y, anchor], i) => svg("text", { class: ["title", "sentence", "caption", "note"][i], x, y, "text-anchor": anchor }, diagram.svg));
  diagram.labels = layout.labels.map(({ x, y, anchor, tone }) => svg("text", { class: `label ${tone}`, x, y, "text-anchor": anchor }, diagram.svg));
  diagram.key = svg("g", { class: "key" }, diagram.svg);
  diagram.cost = svg("g", { class: "cost" }, diagram.svg);
  if (focused) diagram.stages.get(focused)?.group.focus();
}

// Filling in what changes over time

function fill(diagram) {
  const { frame, selected } = diagram.newest;
  const { layout } = diagram;
  diagram.svg.setAttribute("aria-label", `Architecture flow: ${frame.title}. ${frame.sentence}. ${frame.caption}`);
  [frame.title, frame.sentence, frame.caption, frame.note].forEach((text, i) => wrap(diagram.title[i], text, layout.wrap));
  const labels = layOut(frame, diagram.svg.dataset.layout === "side").labels;
  labels.forEach(({ text }, i) => write(diagram.labels[i], text ?? ""));
  for (const stage of frame.stages) updateStage(diagram.stages.get(stage.name), stage, frame);
  mark(diagram, selected);
  drawKey(diagram.key, layout, frame);
  drawCost(diagram.cost, layout.cost, frame.cost);
  const words = [...frame.stages.map((stage) => stage.alt), `Beside dense: ${frame.cost.number} ${frame.cost.words}.`];
  if (diagram.words.textContent !== words.join("")) diagram.words.replaceChildren(...words.map((text) => element("li", "", text)));
}

function wrap(node, text, most) {
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  const lines = [""];
  for (const word of text.split(" ")) {
    if ((lines.at(-1) + word).length > most && lines.at(-1)) lines.push("");
    lines[lines.length - 1] += `${lines.at(-1) ? " " : ""}${word}`;
  }
  node.replaceChildren();
  lines.forEach((line, i) => {
    const part = svg("tspan", i ? { x: node.getAttribute("x"), dy: 14 } : {}, node);
    part.textContent = line;
  });
}

function drawKey(group, layout, { flow, stages }) {
  const kinds = stages.some((stage) => stage.name === "mask") ? ["candidate", "active", "dormant"] : ["active"];
  const scale = flow.per_dot ? `one dot: ${flow.per_dot.toLocaleString("en")} candidates` : "";
  const text = [...kinds, scale].join();
  if (group.dataset.text === text) return;
  group.dataset.text = text;
  group.replaceChildren();
  const [x, y] = layout.key;
  const across = layout.width < SIDE.width;
  kinds.forEach((kind, i) => {
    const at = across ? [x + 74 * i, y] : [x, y + 17 * i];
    svg("path", { class: `dots ${kind}`, d: `M${at[0] + 3} ${at[1] - 4}h0` }, group);
    svg("text", { class: "label quiet", x: at[0] + 12, y: at[1] }, group).textContent = kind;
  });
  const at = across ? [x + 74 * kinds.length, y] : [x, y + 17 * kinds.length];
  svg("text", { class: "label quiet", x: at[0], y: at[1] }, group).textContent = scale;
}

function drawCost(group, place, cost) {
  const text = JSON.stringify(cost);
  if (group.dataset.drawn === text) return;
  group.dataset.drawn = text;
  group.replaceChildren();
  const stacked = place.names === 0;
  const left = place.x + place.names;
  const longest = Math.max(...cost.rows.map((row) => row.epoch_s), 1e-9);
  const scale = (stacked ? 340 : place.bars) / longest;
  cost.rows.forEach((row, i) => {
    const y = place.y + i * (stacked ? 36 : 25);
    svg("text", { class: "row", x: place.x, y }, group).textContent = row.label;
    const bar = stacked ? y + 7 : y - 11;
    let x = left;
    for (const part of row.parts) {
      svg("rect", { class: partClass(part), x: x.toFixed(1), y: bar, width: (part.epoch_s * scale).toFixed(2), height: 13, style: `--flow-row:var(--flow-${row.arm})` }, group);
      x += part.epoch_s * scale;
    }
    svg("text", { class: "words", x: stacked ? 350 : x + 10, y, "text-anchor": stacked ? "end" : "start" }, group).textContent = row.words;
  });
  const parts = cost.rows.at(-1)?.parts ?? [];
  if (parts.length > 1) drawParts(group, parts, left, place.y + cost.rows.length * (stacked ? 36 : 25), stacked ? 350 : 900);
  const [[nx, ny, na], [wx, wy, wa]] = [place.number, place.words];
  svg("text", { class: "number", x: nx, y: ny, "text-anchor": na }, group).textContent = cost.number;
  svg("text", { class: "words", x: wx, y: wy, "text-anchor": wa }, group).textContent = cost.words;
}

function drawParts(group, parts, left, y, end) {
  let x = left;
  for (const part of parts) {
    const square = svg("rect", { class: partClass(part), y: y - 9, width: 9, height: 9, style: "--flow-row:var(--flow-arm)" }, group);
    const text = svg("text", { class: "words", y }, group);
    text.textContent = `${part.name} ${part.words}`;
    const width = text.getComputedTextLength() + 36;
    if (x + width > end && x > left) {
      for (const node of [square, text]) node.setAttribute("y", Number(node.getAttribute("y")) + 18);
      [x, y] = [left, y + 18];
    }
    square.setAttribute("x", x);
    text.setAttribute("x", x + 14);
    x += width;
  }
}

function partClass(part) {
  return `part ${part.name.split(/[ ,]/)[0]}`;
}

// Choosing a stage

function mark(diagram, selected) {
  for (const [name, { group }] of diagram.stages) set(group, { "aria-pressed": name === selected });
}

function choose(diagram, name) {
  if (!name || !diagram.send) return; // an exported page has no details of a stage
  mark(diagram, name);
  const { title } = diagram.newest.frame.stages.find((stage) => stage.name === name);
  diagram.status.textContent = `${title}: words, knobs and figure are below the diagram.`;
  diagram.send("stage", name);
}

function pressed(diagram, event) {
  const name = event.target.closest(".stage")?.dataset.stage;
  if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
  const names = [...diagram.stages.keys()];
  const here = names.indexOf(name);
  const next = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: names.length - 1 }[event.key];
  if (event.key === "Enter" || event.key === " ") choose(diagram, name);
  else if (next === undefined) return;
  else diagram.stages.get(names[Math.min(names.length - 1, Math.max(0, next))]).group.focus();
  event.preventDefault();
}

// The bar below the diagram: the picture as a file

function exportsOf(diagram) {
  const bar = element("div", "flow-bar");
  for (const kind of ["svg", "png"]) {
    const name = kind.toUpperCase();
    bar.append(button(name, () => download(diagram, kind), "", { "aria-label": `Download the diagram as ${name}` }));
  }
  return bar;
}

function fileOf(diagram, kind) {
  const { frame } = diagram.newest;
  const ground = getComputedStyle(diagram.root).getPropertyValue("--flow-ground");
  const words = [...diagram.words.children].map((line) => line.textContent).join(" ");
  const copy = copyOf(diagram.svg, ground, `Architecture flow: ${frame.title}`, `${frame.caption}. ${words}`);
  return kind === "svg" ? svgOf(copy) : pngOf(copy, getComputedStyle(diagram.svg).fontFamily);
}

async function download(diagram, kind) {
  const { file } = diagram.newest;
  try {
    save(await fileOf(diagram, kind), `${file}.${kind}`);
    diagram.status.textContent = `${file}.${kind} was downloaded.`;
  } catch (error) {
    diagram.status.textContent = `The ${kind.toUpperCase()} could not be made: ${error.message}. Try the other format.`;
  }
}
