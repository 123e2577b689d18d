// Scrolls the page to what the server names, once for each time that it asks; or so that what was pressed last stays
// where it was on the screen.

if (!window.epochlabPressed) {
  window.epochlabPressed = {};
  document.addEventListener("click", ({ target }) => {
    const box = target.closest('[class*="st-key-"]');
    const key = box && [...box.classList].find((name) => name.startsWith("st-key-"));
    if (key) window.epochlabPressed = { key, top: box.getBoundingClientRect().top };
  }, { capture: true });
}

function keepPressed() {
  const { key, top } = window.epochlabPressed;
  const box = key && document.querySelector(`.${CSS.escape(key)}`);
  if (box) box.closest('[data-testid="stMain"]')?.scrollBy(0, box.getBoundingClientRect().top - top);
}

// Streamlit calls this at every new `data`: {to: a selector, "" for nothing, null for what was pressed; block: where it
// shall stand; at: which asking it is}
export default function ({ data }) {
  if (data.to === "" || window.epochlabScrolled === data.at) return;
  window.epochlabScrolled = data.at;
  // Once what was drawn with it is in its place.
  requestAnimationFrame(() =>
    data.to === null ? keepPressed() : document.querySelector(data.to)?.scrollIntoView({ block: data.block }));
}
