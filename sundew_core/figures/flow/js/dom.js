// Functions that build elements. The flow's modules import them; the script of every other component begins with them.

export function element(tag, name = "", text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

export function button(text, act, name = "", attributes = {}) {
  const made = element("button", name, text, { type: "button", ...attributes });
  made.addEventListener("click", act);
  return made;
}

// A help icon, and the words that it shows under the pointer or when it has the focus.
export function help(words = "") {
  return [
    element("button", "figure-help", "?", { type: "button", "aria-label": words }),
    element("span", "figure-tip", words, { "aria-hidden": "true" }),
  ];
}

// What a component returns to Streamlit, which calls it at the end. If data arrive quickly, Streamlit also calls what an
// outdated call has returned, though the element stays.
export function whenGone(root, close) {
  return () => {
    if (!root.isConnected) close(root);
  };
}
