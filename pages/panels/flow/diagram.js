// The architecture flow as a Streamlit component: all it does is to load the diagram's modules and hand on what comes.
//
// A component's own script travels in every message. So this one is short, and the modules come once, from an address that
// holds their version.

let modules = null;

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".flow");
  const news = data && JSON.parse(new TextDecoder().decode(data));
  if (news) modules ??= import(new URL(news.address, location.origin));
  modules?.then(({ show }) => show(root, news, setTriggerValue)).catch((error) => {
    modules = null; // the next news try again
    root.textContent = `The diagram cannot be drawn: ${error.message}. Reload the page.`;
  });
  // Where news follow each other quickly, Streamlit also calls what an overtaken call has returned, though the diagram stays.
  return () => {
    if (!root.isConnected) modules?.then(({ close }) => close(root));
  };
}
