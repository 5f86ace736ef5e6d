// Live sliders: Streamlit's sliders report their value when they are released; these also report it while they are dragged.
//
// A slider takes a `pointerup` event for its release, and a `pointerdown` event for a new drag. This script sends both to a
// slider that is being dragged, so the slider reports its value. It reports the next value once the answer to the last one has
// come: a slow machine draws fewer figures, and none too late. On a touch screen a slider reports its value only on release. So
// it does if a later Streamlit listens to other events.

const PATIENCE_MS = 1000;
const THUMB = "[data-rac]";
const opened = new WeakMap();

export default function ({ parentElement }) {
  const root = parentElement.querySelector(".live-sliders");
  const live = opened.get(root) ?? open(root);
  live.answered();
  return whenGone(root, live.close);
}

function open(root) {
  let drag = null; // { input, reported, pointer }
  let waitingSince = -Infinity;

  const report = () => {
    if (!drag || drag.input.value === drag.reported || performance.now() - waitingSince < PATIENCE_MS) return;
    drag.reported = drag.input.value;
    waitingSince = performance.now();
    const thumb = drag.input.closest(THUMB); // by now it is under the pointer, even if the drag began on the track
    thumb.dispatchEvent(new PointerEvent("pointerup", drag.pointer));
    thumb.dispatchEvent(new PointerEvent("pointerdown", drag.pointer));
  };

  const down = (event) => {
    const slider = event.isTrusted && event.button === 0 && event.target.closest?.(".stSlider");
    const input = slider && nearest([...slider.querySelectorAll("input[type=range]")], event.clientX);
    if (input && !input.disabled) drag = { input, reported: input.value, pointer: copy(event) };
  };
  const move = (event) => {
    if (!drag) return;
    drag.pointer = copy(event);
    requestAnimationFrame(report); // when the slider has followed the movement
  };
  const up = (event) => {
    if (event.isTrusted) drag = null;
  };

  const within = document.querySelector('[data-testid="stSidebar"]') ?? document.body;
  within.addEventListener("pointerdown", down, true);
  window.addEventListener("pointermove", move, true);
  window.addEventListener("pointerup", up, true);
  const live = {
    answered() {
      waitingSince = -Infinity;
      requestAnimationFrame(report);
    },
    close() {
      within.removeEventListener("pointerdown", down, true);
      window.removeEventListener("pointermove", move, true);
      window.removeEventListener("pointerup", up, true);
      opened.delete(root);
    },
  };
  opened.set(root, live);
  return live;
}

// The current pointer, for an event of another kind.
function copy({ pointerId, pointerType, clientX, clientY }) {
  return { pointerId, pointerType, clientX, clientY, isPrimary: true, button: 0, bubbles: true, cancelable: true };
}

// The input whose thumb is nearest to x; a range has two thumbs.
function nearest(inputs, x) {
  const distance = (input) => {
    const box = input.closest(THUMB)?.getBoundingClientRect();
    return box ? Math.abs((box.left + box.right) / 2 - x) : Infinity;
  };
  return inputs.filter((input) => input.closest(THUMB)).sort((one, other) => distance(one) - distance(other))[0];
}
