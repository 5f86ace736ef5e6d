// Live sliders: Streamlit's sliders report their value when they are released; these report it while they are dragged, too.
//
// A slider takes an event of a pointer that goes up for its release, and one that goes down for a new drag. So both events are
// sent to a slider that is being dragged, and it reports its value. The next value is reported when the answer to the last one
// has come: a slow machine draws fewer pictures, and none too late. On a touch screen, and should Streamlit's sliders listen to
// other events one day, a slider reports its value on release only.

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

// The thumb under the pointer; a range has two.
function nearest(inputs, x) {
  const distance = (input) => {
    const box = input.closest(THUMB)?.getBoundingClientRect();
    return box ? Math.abs((box.left + box.right) / 2 - x) : Infinity;
  };
  return inputs.filter((input) => input.closest(THUMB)).sort((one, other) => distance(one) - distance(other))[0];
}
