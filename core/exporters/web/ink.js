// A picture of a drawing → its strokes, whatever the pen, the paper and the light: a small part of what Epochlab itself
// does (core/inference/ink.py). Lines of the paper and frames are not told from the drawing.
"use strict";

const FAINTEST = 24; // grey levels: what differs less from its paper is no ink
const CELLS = 16; // along the longer side, in each of which the paper's own level is looked for
const DUST = 1 / 8; // of the longest piece: what is shorter was not drawn
const WORK = 160; // pixels along the drawing's longer side at which it is thinned
const SIGN = 0.5, APART = 0.08; // as in Epochlab's core/inference/pieces.py

// {height, width, levels} with red, green and blue → {strokes, pen, signs}, in pixels of their own, and how many signs
// stand apart; null without ink.
function inked(picture) {
  const pieces = piecesOf(away(picture), picture);
  if (!pieces.length) return null;
  const mask = cleaned(pieces, picture);
  const area = mask.data.reduce((sum, one) => sum + one, 0), strokes = segments(thinned(mask));
  const length = strokes.reduce((sum, [from, to = from]) => sum + Math.hypot(to[0] - from[0], to[1] - from[1]), 0);
  return {strokes, signs: count(pieces), pen: 2 * area / (length + Math.sqrt(length ** 2 + Math.PI * area))}; // area = length · pen + round ends
}

// How far each pixel lies from the paper towards the ink, in grey levels; 0 where that is too little.
function away({height, width, levels}) {
  const grey = new Uint8Array(height * width), all = new Uint32Array(256);
  for (let i = 0; i < grey.length; i++)
    all[grey[i] = Math.round(0.299 * levels[3 * i] + 0.587 * levels[3 * i + 1] + 0.114 * levels[3 * i + 2])] += 1;
  const middle = quantile(all, 0.5), lightOnDark = quantile(all, 1) - middle > middle - all.findIndex(count => count > 0);
  if (lightOnDark) for (let i = 0; i < grey.length; i++) grey[i] = 255 - grey[i];
  const side = Math.ceil(Math.max(height, width) / CELLS), rows = Math.ceil(height / side), columns = Math.ceil(width / side);
  const counts = Array.from({length: rows * columns}, () => new Uint32Array(256));
  const cell = (x, y) => Math.floor(y / side) * columns + Math.floor(x / side);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) counts[cell(x, y)][grey[y * width + x]] += 1;
  const light = counts.map(one => quantile(one, 0.8));
  const paper = light.map((own, i) => Math.max(own, ...neighbours(i, rows, columns).map(near => light[near]))); // a thick stroke may fill a cell
  const ink = new Float32Array(grey.length);
  let sum = 0, weights = 0; // the pen's full strength: faint places hardly count
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const value = Math.max(0, paper[cell(x, y)] - grey[y * width + x]);
    ink[y * width + x] = value;
    if (value >= FAINTEST) { sum += value ** 3; weights += value ** 2; }
  }
  const least = Math.max(FAINTEST, weights && sum / weights / 2);
  return ink.map(value => value >= least ? value : 0);
}

// The level below which that share of the pixels lies, whose levels were counted.
function quantile(counts, share) {
  let left = share * counts.reduce((sum, count) => sum + count, 0);
  return counts.findIndex(count => (left -= count) <= 0);
}

// The connected pieces of ink without dust, each {piece: its pixels, box: [rows, columns], side: the longer one}.
function piecesOf(ink, {height, width}) {
  const seen = new Uint8Array(ink.length), pieces = [];
  ink.forEach((value, first) => {
    if (!value || seen[first]) return;
    const piece = [first];
    seen[first] = 1;
    for (const i of piece) for (const next of neighbours(i, height, width)) // which grows on the way
      if (ink[next] && !seen[next]) seen[next] = piece.push(next) && 1;
    const box = extent(piece.map(i => [i % width, Math.floor(i / width)]));
    pieces.push({piece, box, side: Math.max(...box.map(([least, most]) => most - least + 1))});
  });
  const longest = pieces.reduce((most, {side}) => Math.max(most, side), 0);
  return pieces.filter(({side}) => side >= DUST * longest);
}

// How many signs these pieces are: those of about one size that stand beside each other, or one over another.
function count(pieces) {
  const height = ({box: [rows]}) => rows[1] - rows[0] + 1;
  const longest = Math.max(...pieces.map(({side}) => side)), highest = Math.max(...pieces.map(height));
  const large = pieces.filter(one => one.side >= SIGN * longest && height(one) >= SIGN * highest);
  const groups = axis => large.map(({box}) => box[axis]).sort((a, b) => a[0] - b[0]).reduce(
    ([found, reach], [least, most]) => [found + (least - reach - 1 >= APART * longest), Math.max(reach, most)], [0, -Infinity])[0];
  return Math.max(groups(0), groups(1));
}

// The pieces in their box, at most WORK pixels high and wide, smooth, with paper around: 0 and 1.
function cleaned(kept, {width}) {
  const [rows, columns] = [0, 1].map(axis => [Math.min(...kept.map(({box}) => box[axis][0])), Math.max(...kept.map(({box}) => box[axis][1]))]);
  const scale = Math.min(1, WORK / Math.max(rows[1] - rows[0] + 1, columns[1] - columns[0] + 1)), room = 4;
  const mask = {height: Math.ceil((rows[1] - rows[0] + 1) * scale) + 2 * room, width: Math.ceil((columns[1] - columns[0] + 1) * scale) + 2 * room};
  mask.data = new Float32Array(mask.height * mask.width);
  for (const {piece} of kept) for (const i of piece) {
    const y = Math.floor((Math.floor(i / width) - rows[0]) * scale), x = Math.floor((i % width - columns[0]) * scale);
    mask.data[(y + room) * mask.width + x + room] = 1; // any ink makes a cell ink: no thin line breaks
  }
  soften(mask, 1); // or notches grow side branches
  mask.data = mask.data.map(value => Number(value > 0.25)); // what a line one pixel wide still has
  return mask;
}

function neighbours(i, height, width) {
  const found = [], x = i % width, y = (i - x) / width;
  for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row++)
    for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++)
      if (row !== y || column !== x) found.push(row * width + column);
  return found;
}

// The middle of every stroke, one pixel wide: Zhang and Suen, doi:10.1145/357994.358023.
function thinned({height, width, data}) {
  const line = {height, width, data: data.slice()};
  const round = [-width, 1 - width, 1, width + 1, width, width - 1, -1, -width - 1]; // from above, clockwise
  for (let left = true; left;) {
    left = false;
    for (const first of [true, false]) {
      const gone = [];
      line.data.forEach((value, i) => {
        if (!value) return;
        const near = round.map(step => line.data[i + step]), sum = near.reduce((total, one) => total + one, 0);
        const ends = near.filter((one, k) => !one && near[(k + 1) % 8]).length;
        const corner = first ? near[2] && near[4] && (near[0] || near[6]) : near[0] && near[6] && (near[2] || near[4]);
        if (sum >= 2 && sum <= 6 && ends === 1 && !corner) gone.push(i);
      });
      for (const i of gone) line.data[i] = 0;
      left ||= gone.length > 0;
    }
  }
  return line;
}

// Strokes from pixel to pixel of a thin line.
function segments({height, width, data}) {
  const strokes = [], place = i => [i % width, Math.floor(i / width)];
  data.forEach((value, i) => {
    if (!value) return;
    const near = neighbours(i, height, width).filter(next => data[next]);
    if (!near.length) strokes.push([place(i)]);
    for (const next of near) if (next > i) strokes.push([place(i), place(next)]);
  });
  return strokes;
}
