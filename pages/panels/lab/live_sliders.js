// Live sliders: Streamlit's sliders tell their value when they are let go; these tell it on the way as well.
//
// A slider believes that it was let go when the pointer goes up, and taken up again when it goes down. So while one is
// dragged, its value is told by an event of either kind, sent to it from here. The next value is told when the
// answer to the last one has come, so that a slow machine draws fewer pictures and not ever later ones.
// On a touch screen, and should Streamlit's sliders come to listen to something else, a slider tells its value as ever.

const PATIENCE_MS = 1000;
const THUMB = "[data-rac]";
const opened = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const live = opened.get(parentElement) ?? open(parentElement);
  live.answered();
  // Where news follow each other quickly, Streamlit also calls what an overtaken call has returned, though this one stays.
  return () => {
    if (!parentElement.isConnected) live.close();
  };
}

function open(parentElement) {
  let drag = null; // { input, told, pointer }
  let waitingSince = -Infinity;

  const tell = () => {
    if (!drag || drag.input.value === drag.told || performance.now() - waitingSince < PATIENCE_MS) return;
    drag.told = drag.input.value;
    waitingSince = performance.now();
    const thumb = drag.input.closest(THUMB); // by now it is under the pointer, even where the track was taken hold of
    thumb.dispatchEvent(new PointerEvent("pointerup", drag.pointer));
    thumb.dispatchEvent(new PointerEvent("pointerdown", drag.pointer));
  };

  const down = (event) => {
    const slider = event.isTrusted && event.button === 0 && event.target.closest?.(".stSlider");
    const input = slider && nearest([...slider.querySelectorAll("input[type=range]")], event.clientX);
    if (input && !input.disabled) drag = { input, told: input.value, pointer: copy(event) };
  };
  const move = (event) => {
    if (!drag) return;
    drag.pointer = copy(event);
    requestAnimationFrame(tell); // when the slider has taken the movement in
  };
  const up = (event) => {
    if (event.isTrusted) drag = null;
  };

  const within = parentElement.ownerDocument.querySelector('[data-testid="stSidebar"]') ?? document.body;
  within.addEventListener("pointerdown", down, true);
  window.addEventListener("pointermove", move, true);
  window.addEventListener("pointerup", up, true);
  const live = {
    answered() {
      waitingSince = -Infinity;
      requestAnimationFrame(tell);
    },
    close() {
      within.removeEventListener("pointerdown", down, true);
      window.removeEventListener("pointermove", move, true);
      window.removeEventListener("pointerup", up, true);
      opened.delete(parentElement);
    },
  };
  opened.set(parentElement, live);
  return live;
}

// The pointer as it is now, for an event of another kind.
function copy({ pointerId, pointerType, clientX, clientY }) {
  return { pointerId, pointerType, clientX, clientY, isPrimary: true, button: 0, bubbles: true, cancelable: true };
}

// Of a range of two, the thumb that is taken.
function nearest(inputs, x) {
  const distance = (input) => {
    const box = input.closest(THUMB)?.getBoundingClientRect();
    return box ? Math.abs((box.left + box.right) / 2 - x) : Infinity;
  };
  return inputs.filter((input) => input.closest(THUMB)).sort((one, other) => distance(one) - distance(other))[0];
}
