// Strokes of a pen → a picture in the style of the drawings that the network has learnt from, as Epochlab makes it.
"use strict";

const FINE = 224, SHEAR = 0.7, FLAT = 1.5, SQUEEZE = 0.5, BLOB = 4; // as in Epochlab's core/inference/drawing.py

// Strokes, each a list of [x, y], of a round pen → a picture as the network has learnt them: upright and narrow as these
// are, of their size, at their place, with their pen. null without any stroke.
function drawn(strokes, pen, style) {
  let points = strokes.flat();
  if (!points.length) return null;
  const lean = slant(strokes), box = extent(points), size = [style.height, style.width];
  let shear = Math.min(Math.max(clamp(lean, ...style.slant) - lean, -SHEAR), SHEAR);
  if (box[1][1] - box[1][0] + pen > FLAT * (box[0][1] - box[0][0] + pen)) shear = 0; // the slant of a dash means nothing
  strokes = strokes.map(stroke => stroke.map(([x, y]) => [x + shear * y, y]));
  const wide = extent(strokes.flat()), height = wide[0][1] - wide[0][0] + pen, width = wide[1][1] - wide[1][0] + pen;
  const squeeze = Math.max(Math.min(1, style.widest * height / width), SQUEEZE);
  strokes = strokes.map(stroke => stroke.map(([x, y]) => [x * squeeze, y]));
  points = extent(strokes.flat());
  const spans = points.map(([least, most]) => most - least), room = size.map(side => Math.min(style.extent, side));
  let stroke = clamp(pen * Math.min(...room.map((side, i) => side / (spans[i] + pen))), style.stroke, style.thickest);
  stroke = Math.min(stroke, Math.min(...room) / 2);
  const scale = Math.min(...room.map((side, i) => (side - stroke) / Math.max(spans[i], 1)), BLOB * stroke / pen);
  const fine = Math.max(2, Math.round(FINE / Math.max(...size)));
  const shape = strokes.map(stroke => stroke.map(([x, y]) => [(x - points[1][0]) * scale * fine, (y - points[0][0]) * scale * fine]));
  // The middle of its ink, or of its box, goes where the training images have theirs; never off the sheet.
  const half = stroke * fine / 2, around = Math.ceil(half) + 1, spread = spans.map(span => span * scale * fine);
  let middle = spread.map(side => side / 2);
  if (style.centred === "mass") {
    const ink = painted(shape, stroke * fine, spread.map(side => Math.ceil(side) + 2 * around), [around, around]);
    middle = mass(ink).map(place => place - around);
  }
  const at = style.centre.map((place, i) => {
    const low = middle[i] + half, high = size[i] * fine - (spread[i] - middle[i]) - half;
    return Math.min(Math.max(place * fine, Math.min(low, size[i] * fine)), Math.max(high, 0)) - middle[i];
  });
  const ink = painted(shape, stroke * fine, size.map(side => side * fine), at);
  const extra = Math.sqrt(Math.max(0, style.blur ** 2 - 1 / 12)) * fine; // averaging over a pixel softens by 1/12 itself
  if (extra > 0.5) soften(ink, extra);
  return leveled(ink, fine, style);
}

// Python's round: halves go to the even number.
function rounded(value) {
  const low = Math.floor(value), part = value - low;
  return part < 0.5 || (part === 0.5 && low % 2 === 0) ? low : low + 1;
}

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

// [[least row, most], [least column, most]]
function extent(points) {
  const found = [[Infinity, -Infinity], [Infinity, -Infinity]];
  for (const [x, y] of points) for (const [axis, value] of [[0, y], [1, x]]) {
    found[axis][0] = Math.min(found[axis][0], value);
    found[axis][1] = Math.max(found[axis][1], value);
  }
  return found;
}

// How far the strokes lean: columns to the right a row down, by second moments along their length.
function slant(strokes) {
  let total = 0, sumX = 0, sumY = 0, sumXY = 0, sumYY = 0;
  for (const stroke of strokes) for (let i = 0; i < Math.max(1, stroke.length - 1); i++) {
    const [x0, y0] = stroke[i], [x1, y1] = stroke[i + 1] || stroke[i], length = Math.hypot(x1 - x0, y1 - y0) + 1e-3;
    total += length; sumX += length * (x0 + x1) / 2; sumY += length * (y0 + y1) / 2;
    sumXY += length * (2 * x0 * y0 + x0 * y1 + x1 * y0 + 2 * x1 * y1) / 6;
    sumYY += length * (y0 * y0 + y0 * y1 + y1 * y1) / 3;
  }
  const x = sumX / total, y = sumY / total;
  return (sumXY / total - x * y) / Math.max(sumYY / total - y * y, 1e-6);
}

// Strokes of a round pen on a sheet of that size (rows, columns), moved by `at`: {height, width, data} with 0 to 1.
function painted(strokes, pen, [height, width], [top, left]) {
  const canvas = document.createElement("canvas");
  [canvas.height, canvas.width] = [height, width];
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.translate(left, top);
  line(context, strokes, pen, "#000");
  const alpha = context.getImageData(0, 0, width, height).data;
  return {height, width, data: Float32Array.from({length: height * width}, (_, i) => alpha[4 * i + 3] / 255)};
}

function line(context, strokes, pen, colour) {
  Object.assign(context, {lineWidth: pen, lineCap: "round", lineJoin: "round", strokeStyle: colour});
  context.beginPath();
  for (const stroke of strokes) stroke.forEach(([x, y], i) => {
    if (i === 0) { context.moveTo(x, y); context.lineTo(x, y); } else context.lineTo(x, y);
  });
  context.stroke();
}

function mass({height, width, data}) {
  let total = 0, row = 0, column = 0;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const ink = data[y * width + x];
    total += ink; row += ink * (y + 0.5); column += ink * (x + 0.5);
  }
  return [row / total, column / total];
}

function soften({height, width, data}, deviation) {
  const reach = Math.ceil(4 * deviation), kernel = Array.from({length: 2 * reach + 1}, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)));
  const sum = kernel.reduce((a, b) => a + b, 0);
  for (const [lines, length, next, step] of [[height, width, width, 1], [width, height, 1, width]]) for (let l = 0; l < lines; l++) {
    const before = Float32Array.from({length}, (_, i) => data[l * next + i * step]);
    for (let i = 0; i < length; i++) {
      let value = 0;
      for (let k = -reach; k <= reach; k++) value += kernel[k + reach] * (before[i + k] || 0);
      data[l * next + i * step] = value / sum;
    }
  }
}

// The mean of each `fine` × `fine` pixels, in the training images' levels; cut to the ink where these are.
function leveled(ink, fine, style) {
  let {height, width} = style;
  let levels = new Uint8ClampedArray(height * width);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    let sum = 0;
    for (let i = 0; i < fine; i++) for (let j = 0; j < fine; j++) sum += ink.data[(y * fine + i) * ink.width + x * fine + j];
    levels[y * width + x] = rounded(style.paper + sum / fine ** 2 * (style.light_on_dark ? style.peak : -style.peak));
  }
  if (style.margin === null) return {height, width, levels};
  const inked = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (Math.abs(levels[y * width + x] - style.paper) >= style.peak / 2) inked.push([x, y]);
  const room = Math.round(style.margin), [rows, columns] = extent(inked).map(([least, most], i) => [Math.max(0, least - room), Math.min([height, width][i], most + 1 + room)]);
  const picture = {height: rows[1] - rows[0], width: columns[1] - columns[0]};
  picture.levels = Uint8ClampedArray.from({length: picture.height * picture.width}, (_, i) =>
    levels[(rows[0] + Math.floor(i / picture.width)) * width + columns[0] + i % picture.width]);
  return picture;
}
