// Live figures: each card has one div, which is made once and kept; Plotly.react draws new data into it.
//
// Streamlit calls the default export whenever data or theme change, and the last function that it returned at the end.
// A card whose version is drawn already is left alone, so zoom, hover and legend choices of the user persist.
// A hidden tab draws nothing: it keeps the newest data, and draws them when it is shown again.

const MODEBAR = { bgcolor: "rgba(0,0,0,0)", color: "rgba(128,150,140,0.6)", activecolor: "rgb(128,150,140)" };
const AXIS = /^[xy]axis\d*$/;
const IDLE_WITHIN_MS = 1000;
const walls = new WeakMap();
let library = null;

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  const data = component.data && JSON.parse(new TextDecoder().decode(component.data));
  const root = parentElement.querySelector(".figure-wall");
  const wall = walls.get(root) ?? open(root);
  wall.pick = (picked) => setTriggerValue("pick", picked);
  if (data) wall.newest = data;
  update(wall);
  return whenGone(root, close);
}

function update(wall) {
  const data = wall.newest;
  if (document.hidden || !data || data.version === wall.version) return;
  wall.version = data.version;
  if (data.subject !== wall.subject) for (const held of wall.cards.values()) forgetZoom(held);
  wall.subject = data.subject;
  wall.root.style.setProperty("--wall-columns", data.columns);
  wall.root.style.setProperty("--wall-rows", data.rows);
  if (wall.status.textContent !== data.status) wall.status.textContent = data.status;
  write(wall, data.log);
  for (const name of wall.cards.keys()) if (!data.cards.some((card) => card.name === name)) remove(wall, name);
  for (const card of data.cards) show(wall, card, data.plotly);
}

// The log stays at its end, where new lines come, until the user scrolls up; it waits while the user selects in it.
function write(wall, log) {
  wall.log.hidden = log === null;
  const text = wall.log.firstElementChild;
  if (log === null || text.textContent === log || hasSelection(text)) return;
  const atEnd = text.scrollTop + text.clientHeight > text.scrollHeight - 8;
  text.textContent = log;
  if (atEnd) text.scrollTop = text.scrollHeight;
}

function hasSelection(text) {
  const selection = getSelection();
  return !selection.isCollapsed && text.contains(selection.anchorNode);
}

function logBelow(root) {
  const log = element("div", "figure-log");
  const text = element("pre", "", "", { tabindex: 0, "aria-label": "Run log" });
  const copy = button("Copy", async () => {
    copy.textContent = (await toClipboard(text)) ? "Copied" : "Selected: now press Ctrl+C";
    setTimeout(() => (copy.textContent = "Copy"), 2500);
  });
  log.append(text, copy);
  root.after(log);
  return log;
}

// A browser denies the clipboard to a page from another machine over plain HTTP, and to every page if the user refuses.
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(text);
    return false;
  }
}

function open(root) {
  const wall = { cards: new Map(), root, newest: null, subject: null, version: null, log: logBelow(root) };
  wall.status = element("p", "figure-status", "", { role: "status" });
  root.before(wall.status);
  wall.sizes = new ResizeObserver(() => wall.cards.forEach(fit));
  wall.seen = () => update(wall);
  document.addEventListener("visibilitychange", wall.seen);
  wall.released = () => wall.newest && !hasSelection(wall.log) && write(wall, wall.newest.log);
  document.addEventListener("selectionchange", wall.released);
  walls.set(root, wall);
  return wall;
}

function close(root) {
  const wall = walls.get(root);
  if (!wall) return;
  document.removeEventListener("visibilitychange", wall.seen);
  document.removeEventListener("selectionchange", wall.released);
  wall.status.remove();
  wall.log.remove();
  wall.sizes.disconnect();
  for (const held of wall.cards.values()) purge(held);
  walls.delete(root);
}

function show(wall, card, address) {
  const held = wall.cards.get(card.name) ?? add(wall, card);
  if (held.version === card.version) return;
  held.version = card.version;
  held.plot.setAttribute("aria-label", card.alt);
  held.empty.textContent = card.empty ?? card.numbers; // the numbers stand there until plotly.js has arrived
  held.section.dataset.state = card.figure ? (window.Plotly ? "drawn" : "coming") : "empty";
  held.figure = card.figure ? JSON.parse(card.figure) : null;
  if (!card.figure) return;
  say(held.words, held.figure.words);
  draw(wall, held, address);
}

async function draw(wall, held, address) {
  try {
    await load(address);
  } catch (error) {
    held.version = null; // the next message tries again
    held.section.dataset.state = "empty";
    held.empty.textContent = `The figure cannot be drawn: ${error.message}. Reload the page.`;
    return;
  }
  if (!held.figure || !held.plot.isConnected) return; // emptied or removed meanwhile
  held.section.dataset.state = "drawn";
  const isNew = !held.plot.data;
  await react(held);
  if (!isNew) return;
  held.plot.on("plotly_relayout", (changes) => keepZoom(held, changes));
  held.plot.on("plotly_doubleclick", () => resetZoom(held));
  held.plot.on("plotly_click", ({ points: [point] }) => {
    if (point) wall.pick({ card: held.name, x: point.x, y: point.y, data: point.customdata ?? null });
  });
  held.plot.addEventListener("mousedown", lookAtOnce, true);
  wall.sizes.observe(held.plot);
}

// plotly.js looks for the point under the mouse every 50 ms, also while the button is down. Then it forgets the last point, and
// a click that ends within the next 50 ms has no effect. So this makes it look when the button goes down.
function lookAtOnce(press) {
  const { subplot } = press.target.dataset;
  if (!subplot) return;
  window.Plotly.Fx.unhover(press.currentTarget, press); // also forgets when it looked last
  window.Plotly.Fx.hover(press.currentTarget, press, subplot);
}

function react(held) {
  const { data, layout } = held.figure;
  held.size ??= size(held.plot); // reading it at each drawing would force a layout of the page for every card
  const { width, height } = held.size;
  const shown = { ...layout, width, height, modebar: MODEBAR };
  for (const axis of Object.keys(layout).filter((name) => AXIS.test(name))) {
    shown[axis] = { ...layout[axis], uirevision: held.resets, ...held.zoom.get(axis) };
  }
  // If plotly.js got its settings again, it would compare them all, and force a layout of the page.
  held.drawing = window.Plotly.react(held.plot, data, shown, held.plot.data ? undefined : config(held));
  return held.drawing;
}

// plotly.js drops a zoom if the new figure has another range, such as a growing time axis. Its own reset returns to the range of
// the first drawing. So the zoom is kept here, and a reset returns to the ranges of the newest figure.
function keepZoom(held, changes) {
  for (const name of Object.keys(changes)) {
    const axis = name.split(".")[0];
    if (AXIS.test(axis)) held.zoom.set(axis, { range: [...held.plot.layout[axis].range], autorange: false });
  }
}

function forgetZoom(held) {
  held.zoom.clear();
  held.resets += 1;
}

function resetZoom(held) {
  forgetZoom(held);
  return react(held);
}

function config(held) {
  held.config ??= {
    displaylogo: false,
    doubleClick: false,
    modeBarButtons: [
      ["zoom2d", "pan2d", { name: "reset", title: "Reset view", icon: window.Plotly.Icons.home, click: () => resetZoom(held) }],
    ],
  };
  return held.config;
}

// The size in the plot's own pixels: while presenting, a CSS transform magnifies it.
function size(plot) {
  return { width: plot.clientWidth, height: plot.clientHeight };
}

function fit(held) {
  const { width, height } = (held.size = size(held.plot));
  const layout = held.plot._fullLayout;
  if (!layout || width < 1 || (Math.abs(layout.width - width) < 1 && Math.abs(layout.height - height) < 1)) return;
  held.drawing = window.Plotly.relayout(held.plot, { width, height });
}

function add(wall, card) {
  const section = element("section", "figure-card", "", { "data-panel": card.name, style: `--card-span: ${card.span}` });
  const plot = element("div", "figure-plot", "", { role: "img" });
  const empty = element("p", "figure-empty");
  const head = element("header");
  head.append(element("h2", "", card.title), ...help(card.help));
  section.append(head, plot, empty);
  wall.root.append(section);
  const held = { name: card.name, section, plot, empty, version: null, figure: null, drawing: null, size: null };
  Object.assign(held, { words: wordsBelow(plot), zoom: new Map(), resets: 0 });
  wall.cards.set(card.name, held);
  return held;
}

function remove(wall, name) {
  const held = wall.cards.get(name);
  wall.cards.delete(name);
  wall.sizes.unobserve(held.plot);
  held.section.remove();
  purge(held);
}

// plotly.js draws in several turns, and fails if a plot is purged between them.
function purge(held) {
  held.drawing?.then(() => window.Plotly.purge(held.plot));
}

// The address contains the version, so a cached copy is right however old it is. The server sends no expiry date, hence
// "force-cache".
function load(address) {
  library ??= window.Plotly ? Promise.resolve() : fetchLibrary(address);
  return library;
}

async function fetchLibrary(address) {
  const answer = await fetch(address, { cache: "force-cache" });
  if (!answer.ok) {
    library = null;
    throw new Error(`plotly.js was not loaded (HTTP ${answer.status})`);
  }
  const script = document.createElement("script");
  script.textContent = await answer.text();
  await idle();
  document.head.append(script);
}

// A browser needs most of a second to parse plotly.js, and does nothing else meanwhile: the controls come first.
function idle() {
  return new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve, { timeout: IDLE_WITHIN_MS }));
}
