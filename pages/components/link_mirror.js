// Keeps some parameters of the page's link as the server says, without a step in the browser's history and without a
// rerun: for a reload, a bookmark, or somebody to whom the link is sent.

// Streamlit calls this at every new `data`: {own: names of parameters; dotted: whether all with a dot belong to them;
// params: name → text}
export default function ({ data }) {
  const link = new URL(window.location.href);
  const isOwn = (name) => (data.dotted && name.includes(".")) || data.own.includes(name);
  for (const name of [...link.searchParams.keys()]) if (isOwn(name)) link.searchParams.delete(name);
  for (const [name, text] of Object.entries(data.params)) link.searchParams.set(name, text);
  if (link.href !== window.location.href) window.history.replaceState(window.history.state, "", link);
}
