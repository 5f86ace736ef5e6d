// The architecture flow as a Streamlit component: it only loads the diagram's modules and hands on what comes.
//
// A component's own script travels in every message. So this one is short, even without `dom.js`, and the modules come once,
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
  // As `whenGone` of `dom.js`.
  return () => {
    if (!root.isConnected) modules?.then(({ close }) => close(root));
  };
}
