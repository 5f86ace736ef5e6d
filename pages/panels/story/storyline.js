// The storyline: the keys, and the line at the foot of a slide. Slides are pages; this script clicks a hidden link to each.

const NEXT = ["ArrowRight", "ArrowDown", "PageDown"];
const BACK = ["ArrowLeft", "ArrowUp", "PageUp"];
const STARTS = ".st-key-present_toggle button, .st-key-story_slides a";
// A field with the focus keeps these keys.
const OWN_KEYS = "input, textarea, select, [contenteditable=true], [role=slider], [role=spinbutton], [role=combobox], [role=listbox], [role=tab]";
const stages = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".storyline");
  const stage = stages.get(root) ?? open(root);
  stage.sendLeave = () => setTriggerValue("leave", true);
  show(stage, data);
  return whenGone(root, () => close(stage));
}

function open(root) {
  const stage = { root, slide: null, wanted: null, titles: [], full: false };
  stage.title = element("b");
  stage.number = element("span");
  const labelled = (text, label, act) => button(text, act, "", { "aria-label": label });
  const back = labelled("‹", "Previous slide", () => go(stage, -1));
  const next = labelled("›", "Next slide", () => go(stage, 1));
  root.append(stage.title, back, stage.number, next, labelled("Leave", "Leave the presentation", () => leave(stage)));
  const listeners = {
    keydown: (event) => pressed(stage, event),
    click: (event) => event.target.closest?.(STARTS) && fill(stage),
    fullscreenchange: () => changed(stage),
  };
  // A click is caught before Streamlit's own listeners: a browser fills the screen only in answer to a click.
  for (const [kind, listen] of Object.entries(listeners)) document.addEventListener(kind, listen, kind === "click");
  stage.deafen = () => {
    for (const [kind, listen] of Object.entries(listeners)) document.removeEventListener(kind, listen, kind === "click");
  };
  stages.set(root, stage);
  return stage;
}

function close(stage) {
  stage.deafen();
  document.body.classList.remove("sundew-presenting");
  stages.delete(stage.root);
}

function show(stage, { slide, titles }) {
  document.body.classList.toggle("sundew-presenting", slide !== null);
  stage.root.hidden = slide === null;
  if (slide === null && stage.slide !== null && stage.full) document.exitFullscreen().catch(() => {});
  if (slide !== stage.slide) stage.wanted = slide;
  Object.assign(stage, { slide, titles });
  if (slide === null) return;
  stage.title.textContent = titles[slide - 1];
  stage.number.textContent = `${slide}/${titles.length}`;
}

function pressed(stage, event) {
  if (stage.slide === null || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const { key, target } = event;
  if (key === "Escape") return leave(stage);
  if (target.closest?.(OWN_KEYS)) return;
  if (NEXT.includes(key)) go(stage, 1);
  else if (BACK.includes(key)) go(stage, -1);
  else if (key === "Home" || key === "End") go(stage, key === "Home" ? -Infinity : Infinity);
  else if (key === " " && !target.closest?.("button, a, [role=button]")) document.querySelector(".replay-play")?.click();
  else return;
  event.preventDefault();
}

// The user may press a key again before the slide has come: the count continues from the slide that was asked for.
function go(stage, by) {
  const wanted = Math.min(stage.titles.length, Math.max(1, stage.wanted + by));
  if (wanted === stage.wanted) return;
  stage.wanted = wanted;
  document.querySelectorAll(".st-key-storyline_links .stPageLink")[wanted - 1]?.querySelector("a").click();
}

// The slide is left at once: a key pressed before the server's answer must not turn slides any more.
function leave(stage) {
  show(stage, { slide: null, titles: stage.titles });
  stage.sendLeave();
}

async function fill(stage) {
  try {
    await document.documentElement.requestFullscreen();
    stage.full = true;
  } catch {
    // The browser refuses, as in a frame or on a phone: the page fills its window instead.
  }
}

// The script gets no key event for the Escape that ends full screen.
function changed(stage) {
  if (document.fullscreenElement || !stage.full) return;
  stage.full = false;
  if (stage.slide !== null) leave(stage);
}
