// Lets a key lead to a box in which something is typed and chosen, as the keys of buttons do; Enter and Escape lead back,
// so that the keys work again.

// Streamlit calls this at every new `data`, and what it returns when the box goes: {box: a selector; key: a small letter}
export default function ({ parentElement, data }) {
  const box = () => [...document.querySelectorAll(`${data.box} input`)].find((one) => one.offsetParent && !one.disabled);
  const pressed = (event) => {
    const typed = event.target.closest?.("input, textarea, select, [contenteditable=true]");
    if (typed) {
      // After the choice has been made.
      if (["Enter", "Escape"].includes(event.key) && typed === box()) setTimeout(() => typed.blur());
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== data.key) return;
    const there = box();
    if (!there) return;
    event.preventDefault(); // the letter is not typed as well
    there.focus();
  };
  parentElement.leave?.();
  document.addEventListener("keydown", pressed);
  parentElement.leave = () => document.removeEventListener("keydown", pressed);
  return () => parentElement.leave?.();
}
