
// Words beside the plot, which plotly.js does not redraw: the current number at the top right, the axes' titles at the edges.

function wordsBelow(plot) {
  const box = element("div", "figure-words", "", { "aria-hidden": "true" }); // the plot's label says more
  for (const name of ["headline", "xaxis", "yaxis"]) box.append(element("p", `figure-${name}`));
  plot.before(box); // below the plot: the hover labels of plotly.js cover the words
  return box;
}

function say(box, { xaxis = "", yaxis = "", note = "", number = "", colour = "", quiet, margin }) {
  const [headline, across, upright] = box.children;
  box.style.color = quiet;
  headline.replaceChildren(element("span", "", note), element("b", "", number));
  headline.style.right = `${margin.r}px`;
  headline.lastElementChild.style.color = colour;
  across.textContent = xaxis;
  across.style.inset = `auto ${margin.r}px 5px ${margin.l}px`;
  upright.textContent = yaxis;
  upright.style.inset = `${margin.t}px auto ${margin.b}px 5px`;
}
