// The gallery: one tile per sample, and one of the samples large beside the tiles.
//
// Tiles are made once and filled anew, so that focus and scroll position stay when numbers change. The Tab key
// reaches one tile, and the arrow keys lead from there to the others.

const galleries = new WeakMap();
const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "row", ArrowUp: "-row", Home: "first", End: "last" };

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".sample-gallery");
  const gallery = galleries.get(root) ?? open(root);
  gallery.pick = (sample) => setTriggerValue("pick", sample);
  const text = new TextDecoder().decode(data);
  if (text !== gallery.text) {
    gallery.text = text;
    show(gallery, JSON.parse(text));
  }
  return whenGone(root, close);
}

function open(root) {
  const gallery = { root, tiles: [], text: null, pick: null };
  const heading = element("h2");
  const [icon, tip] = help();
  const count = element("span", "sample-count");
  const head = element("header");
  head.append(heading, icon, tip, count);
  const note = element("p", "sample-note", "", { role: "status" });
  const grid = element("div", "sample-grid", "", { role: "group" });
  grid.addEventListener("keydown", (event) => step(gallery, event));
  const empty = element("p", "sample-empty");
  const tiles = element("section", "sample-card sample-tiles");
  tiles.append(head, note, grid, empty);
  const large = element("section", "sample-card sample-large", "", { "aria-live": "polite" });
  root.append(tiles, large);
  Object.assign(gallery, { heading, icon, tip, count, note, grid, empty, large });
  gallery.paint = () => paint(gallery);
  document.addEventListener("sundew-album", gallery.paint);
  galleries.set(root, gallery);
  return gallery;
}

function close(root) {
  const gallery = galleries.get(root);
  if (!gallery) return;
  document.removeEventListener("sundew-album", gallery.paint);
  galleries.delete(root);
}

function show(gallery, data) {
  gallery.heading.textContent = data.title;
  gallery.icon.setAttribute("aria-label", data.help);
  gallery.tip.textContent = data.help;
  gallery.count.textContent = data.count;
  gallery.note.textContent = data.note ?? "";
  gallery.empty.textContent = data.empty ?? "";
  gallery.grid.setAttribute("aria-label", data.title);
  gallery.root.dataset.state = data.empty ? "empty" : "shown";
  gallery.root.dataset.large = data.large ? "shown" : "none";
  while (gallery.tiles.length > data.tiles.length) gallery.tiles.pop().button.remove();
  while (gallery.tiles.length < data.tiles.length) gallery.tiles.push(addTile(gallery));
  data.tiles.forEach((sample, i) => fill(gallery.tiles[i], sample, data.large));
  if (!gallery.tiles.some((tile) => tile.button.tabIndex === 0) && gallery.tiles.length) gallery.tiles[0].button.tabIndex = 0;
  showLarge(gallery, data.large);
  paint(gallery);
}

function addTile(gallery) {
  const tile = button("", () => gallery.pick(Number(tile.dataset.sample)), "sample-tile", { tabindex: -1 });
  const image = element("img");
  const label = element("b");
  const times = element("span", "sample-times");
  const loss = element("span", "sample-loss");
  const bar = element("i", "sample-bar");
  const words = element("span", "sample-words", "", { "aria-hidden": "true" }); // the image's text says all of it
  words.append(label, times, loss, bar);
  tile.append(image, words);
  tile.addEventListener("focus", () => {
    for (const other of gallery.tiles) other.button.tabIndex = other.button === tile ? 0 : -1;
  });
  gallery.grid.append(tile);
  return { button: tile, image, label, times, loss, bar };
}

function fill(tile, sample, large) {
  tile.button.dataset.sample = tile.image.dataset.sample = sample.sample;
  tile.button.setAttribute("aria-pressed", String(large?.sample === sample.sample));
  tile.image.alt = sample.alt;
  tile.label.textContent = sample.label;
  tile.times.textContent = sample.times;
  tile.loss.textContent = sample.loss;
  tile.bar.hidden = sample.significance === null;
  tile.bar.style.setProperty("--share", `${sample.significance ?? 0}%`);
}

function showLarge(gallery, sample) {
  gallery.large.hidden = !sample;
  if (!sample) return gallery.large.replaceChildren();
  const image = element("img");
  image.alt = sample.alt;
  image.dataset.sample = sample.sample;
  const words = element("figcaption");
  words.append(element("h2", "", sample.title), element("p", "", sample.name));
  if (sample.badge) words.append(element("span", "sample-badge", sample.badge));
  const figure = element("figure");
  figure.append(image, words);
  const list = element("dl");
  for (const [name, value] of sample.facts) list.append(element("dt", "", name), element("dd", "", value));
  gallery.large.replaceChildren(figure, list);
}

// A picture may arrive before or after its words.
function paint(gallery) {
  const pictures = document.querySelector(".sample-album")?.pictures ?? {};
  for (const image of gallery.root.querySelectorAll("img")) {
    const picture = pictures[image.dataset.sample];
    if (picture && image.src !== picture) image.src = picture;
    if (!picture) image.removeAttribute("src");
  }
}

function step(gallery, event) {
  const at = gallery.tiles.findIndex((tile) => tile.button === document.activeElement);
  const move = STEPS[event.key];
  if (at < 0 || move === undefined) return;
  event.preventDefault();
  const last = gallery.tiles.length - 1;
  const row = gallery.tiles.filter((tile) => tile.button.offsetTop === gallery.tiles[0].button.offsetTop).length;
  const to = { row: at + row, "-row": at - row, first: 0, last }[move] ?? at + move;
  if (to >= 0 && to <= last) gallery.tiles[to].button.focus();
}
