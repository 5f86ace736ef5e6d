// The album: pictures by sample, which the gallery shows. They are sent only when the choice of samples changes.

export default function ({ data, parentElement }) {
  parentElement.querySelector(".sample-album").pictures = data ? JSON.parse(new TextDecoder().decode(data)) : {};
  document.dispatchEvent(new Event("sundew-album"));
}
