// Pictures that can be pressed. Streamlit calls this at every new `data`: {html: the grid, its texts escaped}.

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector("div");
  if (root.shown !== data.html) {
    const held = root.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    root.innerHTML = root.shown = data.html;
    if (held) root.querySelector(`button[data-name="${held}"]`)?.focus(); // the keyboard stays where it was
  }
  root.onclick = (event) => {
    const button = event.target.closest("button[data-name]");
    if (button) setTriggerValue("pressed", Number(button.dataset.name));
  };
}
