// Keeps some parameters of the page's link as the server says, without a step in the browser's history and without a
// rerun: for a reload, a bookmark, or somebody to whom the link is sent.

// Streamlit calls this at every new `data`: {own: names of parameters; dotted: whether all with a dot belong to them;
// params: name → text; session: whose tab this is}
export default function ({ data }) {
  // Another session in the same tab: the server was started again, or has forgotten the tab. It knows nothing of what
  // was chosen, and Streamlit sends it a link that lacks all that was written here. The link still holds it: load it.
  if (window.epochlabSession && window.epochlabSession !== data.session) {
    window.location.reload();
    return;
  }
  window.epochlabSession = data.session;
  const link = new URL(window.location.href);
  const isOwn = (name) => (data.dotted && name.includes(".")) || data.own.includes(name);
  const said = [...link.searchParams].filter(([name]) => isOwn(name));
  // Two mirrors on one page would else put their parameters behind each other's, time after time.
  if (said.length === Object.keys(data.params).length && said.every(([name, text]) => data.params[name] === text)) return;
  for (const [name] of said) link.searchParams.delete(name);
  for (const [name, text] of Object.entries(data.params)) link.searchParams.set(name, text);
  window.history.replaceState(window.history.state, "", link);
}
