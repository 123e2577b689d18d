// Tells the server which tile of a grid was pressed, and lets the arrow keys walk over them: a grid of a hundred is one
// stop of the Tab key.

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

// The tile that the key leads to; one above or below stands at the same distance from the left.
function next(tiles, at, key) {
  if (key in STEPS) return tiles[at + STEPS[key]];
  if (key === "Home") return tiles[0];
  if (key === "End") return tiles.at(-1);
  const left = (tile) => Math.round(tile.getBoundingClientRect().left);
  const same = (tile) => Math.abs(left(tile) - left(tiles[at])) <= 1;
  if (key === "ArrowDown") return tiles.slice(at + 1).find(same);
  if (key === "ArrowUp") return tiles.slice(0, at).findLast(same);
  return undefined;
}

// Mark the chosen tile. The markup stays as it was, so the keyboard stays where it is.
function mark(grid, chosen) {
  for (const tile of document.querySelectorAll(`${grid} button`)) {
    if (chosen === null) tile.removeAttribute("aria-pressed");
    else tile.setAttribute("aria-pressed", String(Number(tile.dataset.place) === chosen));
  }
}

// Streamlit calls this at every new `data`: {grid: the name of the grid, chosen: the place of the tile that is marked, or
// null}, and what it returns when the grid goes.
export default function ({ parentElement, data, setTriggerValue }) {
  const grid = `[data-grid="${data.grid}"]`;
  // After the frame in which Streamlit puts the markup in.
  mark(grid, data.chosen);
  requestAnimationFrame(() => mark(grid, data.chosen));
  const tileOf = (event) => event.target.closest?.(`${grid} button`);
  const press = (event) => {
    const tile = tileOf(event);
    if (tile) setTriggerValue("opened", Number(tile.dataset.place));
  };
  const walk = (event) => {
    const tile = tileOf(event);
    if (!tile) return;
    const tiles = [...document.querySelectorAll(`${grid} button`)];
    const to = next(tiles, tiles.indexOf(tile), event.key);
    if (!to) return;
    event.preventDefault(); // the page does not scroll as well
    tile.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  parentElement.leave?.();
  document.addEventListener("click", press);
  document.addEventListener("keydown", walk);
  parentElement.leave = () => {
    document.removeEventListener("click", press);
    document.removeEventListener("keydown", walk);
  };
  return () => parentElement.leave?.();
}
