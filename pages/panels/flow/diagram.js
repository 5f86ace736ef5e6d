// The architecture flow as a Streamlit component: it only loads the diagram's modules and passes the data on to them.
//
// A component's own script travels in every message. So this one is short and does without `dom.js`. The modules are loaded once,
// from an address that holds their version.

let modules = null;

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".flow");
  const news = data && JSON.parse(new TextDecoder().decode(data));
  if (news) modules ??= import(new URL(news.address, location.origin));
  modules?.then(({ show }) => show(root, news, setTriggerValue)).catch((error) => {
    modules = null; // the next message tries again
    root.textContent = `The diagram cannot be drawn: ${error.message}. Reload the page.`;
  });
  // The same as `whenGone` of `dom.js`.
  return () => {
    if (!root.isConnected) modules?.then(({ close }) => close(root));
  };
}
