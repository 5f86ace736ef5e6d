// The bar of a replay: it shows where the replay stands, and sends what the user asks for.
//
// Every wish has a number, and is sent again with the next ones until the server confirms it: Streamlit keeps only the last
// of several triggers that come together.

const SEEK_MS = 200;
const bars = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".replay-bar");
  const bar = bars.get(root) ?? open(root, data);
  bar.send = (wishes) => setTriggerValue("wishes", wishes);
  show(bar, data);
}

function open(root, { heard, speeds }) {
  const bar = { root, number: heard, wishes: [], seeking: false, data: null };
  Object.assign(root, { tabIndex: 0 });
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Replay. Space plays and pauses, the left and right arrows step by batch, up and down by epoch.");
  bar.play = button("Play", () => toggle(bar), "replay-play");
  bar.batch = button("Step batch", () => step(bar, "batch"), "", { title: "To the next recorded candidate batch. Arrow keys: → and back ←." });
  bar.epoch = button("Step epoch", () => step(bar, "epoch"), "", { title: "To the end of the epoch. Arrow keys: ↑ and back ↓." });
  bar.slider = element("input", "replay-seek", "", { type: "range", min: 0, step: "any", "aria-label": "Position of the replay in epochs" });
  bar.place = element("output", "replay-place");
  bar.speed = element("select", "replay-speed", "", {
    "aria-label": "Speed of the replay; 1× is the recorded pace",
    title: "1× is the recorded pace: seconds of training and validation, without preparation and pauses",
  });
  bar.speed.append(...speeds.map((speed) => new Option(`${speed}×`, speed)));
  bar.speed.addEventListener("change", () => wish(bar, { do: "speed", at: Number(bar.speed.value) }));
  listenToSlider(bar);
  root.addEventListener("keydown", (event) => pressed(bar, event));
  root.replaceChildren(bar.play, bar.batch, bar.epoch, bar.slider, bar.place, bar.speed);
  bars.set(root, bar);
  return bar;
}

function listenToSlider(bar) {
  const seek = () => {
    bar.sought = null;
    wish(bar, { do: "seek", at: Number(bar.slider.value) });
  };
  bar.slider.addEventListener("input", () => {
    bar.seeking = true;
    bar.sought ??= setTimeout(seek, SEEK_MS);
  });
  bar.slider.addEventListener("change", () => {
    bar.seeking = false;
    clearTimeout(bar.sought);
    seek();
  });
}

function show(bar, data) {
  bar.data = data;
  bar.wishes = bar.wishes.filter(({ number }) => number > data.heard);
  bar.number = Math.max(bar.number, data.heard);
  const word = data.playing ? "Pause" : "Play";
  if (bar.play.textContent !== word) bar.play.textContent = word;
  for (const control of [bar.play, bar.batch, bar.epoch, bar.slider, bar.speed]) control.disabled = !data.length_s;
  bar.speed.value = data.speed;
  const place = `epoch ${data.epoch.toFixed(2)} of ${data.epochs.toFixed(data.epochs % 1 ? 2 : 0)} · ${clock(data.at_s)} of ${clock(data.length_s)}`;
  bar.place.textContent = data.length_s ? place : "no batch was recorded, so there is nothing to replay";
  if (bar.seeking) return;
  bar.slider.max = data.epochs;
  bar.slider.value = data.epoch;
  bar.slider.setAttribute("aria-valuetext", place);
}

function wish(bar, asked) {
  bar.wishes.push({ ...asked, number: ++bar.number });
  bar.send([...bar.wishes]);
}

function toggle(bar) {
  wish(bar, { do: bar.data.playing ? "pause" : "play" });
}

function step(bar, to, back = false) {
  wish(bar, { do: "step", to, back });
}

function pressed(bar, event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target === bar.speed || !bar.data.length_s) return;
  if (key === " " && target.tagName !== "BUTTON") toggle(bar);
  else if (key === "ArrowRight" || key === "ArrowLeft") step(bar, "batch", key === "ArrowLeft");
  else if (key === "ArrowUp" || key === "ArrowDown") step(bar, "epoch", key === "ArrowDown");
  else return;
  event.preventDefault();
}

// Tenths of a second are shown within the first minute.
function clock(span) {
  if (span < 60) return `${span.toFixed(1)} s`;
  const [minutes, seconds] = [Math.floor(span / 60) % 60, Math.floor(span % 60)].map((part) => String(part).padStart(2, "0"));
  return `${Math.floor(span / 3600)}:${minutes}:${seconds}`;
}
