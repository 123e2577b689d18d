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

// Where the page is one narrow column, a line of a listing would take what was pressed out of sight: only its listing
// scrolls.
function scrollTo(node, block) {
  const listing = node.closest("pre");
  if (block !== "nearest" || !listing || !matchMedia("(max-width: 640px)").matches) return node.scrollIntoView({ block });
  let box = listing;
  while (box.scrollHeight <= box.clientHeight && box.parentElement) box = box.parentElement;
  if (!box.closest(".st-key-listing")) return;
  box.scrollTop += node.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
}

// Streamlit calls this at every new `data`: {to: a selector, "" for nothing, null for what was pressed; block: where it
// shall stand; at: which asking it is}
export default function ({ data }) {
  if (data.to === "" || window.epochlabScrolled === data.at) return;
  window.epochlabScrolled = data.at;
  // Once what was drawn with it is in its place.
  requestAnimationFrame(() => {
    if (data.to === null) return keepPressed();
    const node = document.querySelector(data.to);
    if (node) scrollTo(node, data.block);
  });
}
