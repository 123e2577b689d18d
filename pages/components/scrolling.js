// Scrolls the page to what the server names, once for each time that it asks.

// Streamlit calls this at every new `data`: {to: a selector; block: where it shall stand; at: which asking it is}
export default function ({ data }) {
  if (!data.to || window.epochlabScrolled === data.at) return;
  window.epochlabScrolled = data.at;
  // Once what was drawn with it is in its place.
  requestAnimationFrame(() => document.querySelector(data.to)?.scrollIntoView({ block: data.block }));
}
