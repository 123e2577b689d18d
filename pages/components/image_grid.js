// Tells the server which tile of a grid was pressed, or which are marked, and lets the arrow keys walk over them: a grid
// of a hundred is one stop of the Tab key.

const QUIET = 150; // milliseconds after a mark in which another one may follow before the server is told

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

// Mark the chosen tiles (a set of places; null: none can be). The markup stays as it was, so the keyboard stays where it
// is.
function mark(grid, chosen) {
  for (const tile of document.querySelectorAll(`${grid} button`)) {
    if (chosen === null) tile.removeAttribute("aria-pressed");
    else tile.setAttribute("aria-pressed", String(chosen.has(Number(tile.dataset.place))));
  }
}

// Where several can be marked: put a tile in or out, with Shift all from the last one that was pressed as that one is.
function choose(choice, place, shift) {
  const on = shift ? choice.places.has(choice.last) : !choice.places.has(place);
  const from = shift ? choice.last : place;
  for (let at = Math.min(from, place); at <= Math.max(from, place); at += 1) {
    if (on) choice.places.add(at);
    else choice.places.delete(at);
  }
  choice.last = place;
}

// Streamlit calls this at every new `data`, and what it returns when the grid goes. `grid` is the name of the grid. Of
// one in which a press opens a tile, `chosen` is the place of the one that is marked, or null; of one in which any can be
// marked, `marked` are their places, and `at` is another text whenever the server has changed these itself.
export default function ({ parentElement, data, setTriggerValue }) {
  const grid = `[data-grid="${data.grid}"]`;
  if (data.marked && parentElement.choice?.at !== data.at) {
    parentElement.choice = { at: data.at, places: new Set(data.marked), last: 0 };
  }
  const choice = data.marked && parentElement.choice;
  const marks = () => mark(grid, choice ? choice.places : data.chosen === null ? null : new Set([data.chosen]));
  // After the frame in which Streamlit puts the markup in.
  marks();
  requestAnimationFrame(marks);
  const tell = () => setTriggerValue("marked", { at: choice.at, places: [...choice.places] });
  const tileOf = (event) => event.target.closest?.(`${grid} button`);
  const press = (event) => {
    const tile = tileOf(event);
    if (!tile) return;
    const place = Number(tile.dataset.place);
    if (!choice) return setTriggerValue("opened", place);
    choose(choice, place, event.shiftKey);
    marks();
    clearTimeout(parentElement.telling);
    parentElement.telling = setTimeout(tell, QUIET);
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
