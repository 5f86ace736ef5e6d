// Export of the architecture flow: the current picture as a single file.
//
// The SVG names its fonts with fallbacks. The PNG is drawn from the same SVG with the page's font inside it, since an image
// cannot use the page's fonts.

import { SVG, set, svg } from "./stages.js";

const PNG_WIDTH = 3000;
const MARGIN = 18;
const FALLBACK_FONTS = "'Source Sans 3', 'Source Sans Pro', 'Helvetica Neue', Arial, sans-serif";
const KEPT_STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "opacity",
  "paint-order",
  "font-size", "font-weight", "font-variant-numeric", "letter-spacing", "text-anchor",
];
const DROPPED = ["class", "tabindex", "role", "aria-label", "aria-pressed", "aria-hidden", "style"];

// A copy of the picture that carries its styles and its ground.
export function copyOf(original, ground, title, description) {
  const copy = original.cloneNode(true);
  const pairs = [...original.querySelectorAll("*")].map((from, i) => [from, copy.querySelectorAll("*")[i]]);
  const hidden = [];
  for (const [from, to] of pairs) {
    const style = getComputedStyle(from);
    if (style.display === "none" || style.visibility === "hidden") {
      hidden.push(to);
      continue;
    }
    for (const name of DROPPED) to.removeAttribute(name);
    if (from.tagName === "g") {
      if (style.opacity !== "1") to.setAttribute("opacity", style.opacity);
      continue;
    }
    const written = KEPT_STYLES.filter((name) => from.tagName === "text" || !/^(font|text|letter)/.test(name));
    to.setAttribute("style", written.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
  }
  for (const node of hidden) node.remove();
  const [width, height] = ["width", "height"].map((side) => original.viewBox.baseVal[side] + 2 * MARGIN);
  for (const name of DROPPED) copy.removeAttribute(name);
  const viewBox = `${-MARGIN} ${-MARGIN} ${width} ${height}`;
  set(copy, { viewBox, xmlns: SVG, width, height, role: "img", "font-family": FALLBACK_FONTS });
  const [name, words] = [svg("title"), svg("desc")];
  [name.textContent, words.textContent] = [title, description];
  copy.prepend(name, words, svg("rect", { x: -MARGIN, y: -MARGIN, width, height, fill: ground }));
  return copy;
}

function asText(copy) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

export async function svgOf(copy) {
  return new Blob([asText(copy)], { type: "image/svg+xml" });
}

export async function pngOf(copy, family) {
  const { width, height } = copy.viewBox.baseVal;
  const font = await fontOf(family);
  if (font) {
    const style = svg("style");
    style.textContent = `@font-face{font-family:"Sundew";src:url(${font});font-weight:200 900}`;
    copy.prepend(style);
    set(copy, { "font-family": `Sundew, ${FALLBACK_FONTS}` });
  }
  const size = { width: PNG_WIDTH, height: Math.round((PNG_WIDTH * height) / width) };
  set(copy, size);
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asText(copy))}`;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), size);
  canvas.getContext("2d").drawImage(picture, 0, 0, size.width, size.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error("the browser made no picture");
  return blob;
}

// The page's upright font as a data address; null if the page brings no font, so that the fallbacks apply.
async function fontOf(family) {
  const wanted = family.split(",")[0].replaceAll('"', "").trim();
  for (const sheet of document.styleSheets) {
    if (sheet.href && new URL(sheet.href).origin !== location.origin) continue;
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule)) continue;
      const named = rule.style.getPropertyValue("font-family").replaceAll('"', "").trim();
      if (named !== wanted || (rule.style.getPropertyValue("font-style") || "normal") !== "normal") continue;
      const address = rule.style.getPropertyValue("src").match(/url\("?([^")]+)"?\)/)?.[1];
      if (address) return dataAddress(new URL(address, sheet.href ?? location.href));
    }
  }
  return null;
}

async function dataAddress(address) {
  const answer = await fetch(address);
  return answer.ok ? readAs(await answer.blob()) : null;
}

// The contents of a blob as a data address.
export function readAs(blob) {
  const reader = new FileReader();
  const read = new Promise((done) => (reader.onload = () => done(reader.result)));
  reader.readAsDataURL(blob);
  return read;
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
