// Tells the server whether the window is as narrow as a telephone's, where that is not what it takes it for.

const narrow = window.matchMedia("(max-width: 640px)"); // as in frame.css

// Streamlit calls this at every new `data`: {narrow: what the server takes it for}, and what it returns at the end.
export default function ({ data, setStateValue }) {
  const tell = () => narrow.matches !== data.narrow && setStateValue("narrow", narrow.matches);
  tell();
  narrow.addEventListener("change", tell);
  return () => narrow.removeEventListener("change", tell);
}
