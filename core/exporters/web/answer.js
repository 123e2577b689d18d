// Answers pictures with a trained network, without a network connection or any library. What it needs to know stands in
// `model.js`: the layers with their weights, how a picture is prepared, how the drawings it learnt from look.
"use strict";

// --- Preparing -----------------------------------------------------------------------------------------------------

// The weights that resample `side` numbers to `resized`, antialiased bilinear as Pillow and PyTorch do it with whole
// levels, and of these the rows from `first` to `first + size`. Each row: the number of its first pixel, its weights.
function resampling(offset, side, resized, first, size) {
  const scale = side / resized, wider = Math.max(scale, 1), rows = [];
  let largest = 0;
  for (const row of [...Array(size).keys()].map(i => i + first).concat(0)) {
    if (row < 0 || row >= resized) { rows.push(null); continue; } // ground
    const centre = scale * (row + 0.5);
    const start = Math.max(Math.floor(centre - wider + 0.5), 0), end = Math.min(Math.floor(centre + wider + 0.5), side);
    const weights = [];
    for (let i = start; i < end; i++) weights.push(Math.max(0, 1 - Math.abs((i + 0.5 - centre) / wider)));
    const sum = weights.reduce((a, b) => a + b, 0);
    for (let i = 0; i < weights.length; i++) largest = Math.max(largest, weights[i] /= sum);
    rows.push([start + offset, weights]);
  }
  let power = 1;
  while (power < 2 ** 22 && Math.floor(0.5 + largest * power * 2) < 2 ** 15) power *= 2;
  for (const row of rows) if (row) row[1] = row[1].map(weight => Math.floor(0.5 + weight * power) / power);
  return rows.slice(0, size);
}

// Python's round: halves go to the even number.
function rounded(value) {
  const low = Math.floor(value), part = value - low;
  return part < 0.5 || (part === 0.5 && low % 2 === 0) ? low : low + 1;
}

// A picture {height, width, colours, levels: height × width × colours} → the network's input, channel by channel.
function prepare(picture, spec) {
  const sides = [picture.height, picture.width], [down, across] = spec.ground ? onGround(sides, spec) : cut(sides, spec);
  const [height, width] = spec.size, colours = picture.colours, level = value => Math.min(255, Math.floor(value + 0.5));
  const columns = new Float64Array(picture.height * width * colours);
  for (let y = 0; y < picture.height; y++) for (let x = 0; x < width; x++) for (let c = 0; c < colours; c++) {
    if (!across[x]) continue;
    const [start, weights] = across[x];
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i] * picture.levels[(y * picture.width + start + i) * colours + c];
    columns[(y * width + x) * colours + c] = level(sum);
  }
  const input = new Float32Array(spec.channels * height * width);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    let values = spec.ground || [];
    if (down[y] && across[x]) {
      const [start, weights] = down[y];
      values = [...Array(colours).keys()].map(c => {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) sum += weights[i] * columns[((start + i) * width + x) * colours + c];
        return level(sum);
      });
    }
    if (values.length === 3 && spec.channels === 1) values = [0.2989 * values[0] + 0.587 * values[1] + 0.114 * values[2]];
    for (let c = 0; c < spec.channels; c++)
      input[(c * height + y) * width + x] = (values[values.length === 1 ? 0 : c] / 255 - spec.mean[c]) / spec.std[c];
  }
  return input;
}

function cut(sides, spec) {
  const fits = sides.every((side, i) => side === spec.size[i]);
  const scale = Math.max(...sides.map((side, i) => spec.resized[i] / side));
  return sides.map((side, i) => {
    const needed = Math.min(side, Math.ceil(spec.aspect * spec.resized[i] / scale)); // a long strip is cut first
    const resized = fits ? side : Math.max(spec.resized[i], rounded(needed * scale));
    return resampling(rounded((side - needed) / 2), needed, resized, rounded((resized - spec.size[i]) / 2), spec.size[i]);
  });
}

function onGround(sides, spec) {
  const scale = Math.min(...sides.map((side, i) => spec.size[i] / side));
  return sides.map((side, i) => {
    const resized = Math.max(1, rounded(side * scale));
    return resampling(0, side, resized, -Math.floor((spec.size[i] - resized) / 2), spec.size[i]);
  });
}

// --- The network ---------------------------------------------------------------------------------------------------

// Each takes {shape: [C, H, W] or [N], data} and one of the layers, and gives the same.
const LAYERS = {
  Linear(input, {weight, bias, shape: [outputs, inputs]}) {
    const data = new Float32Array(outputs);
    for (let o = 0; o < outputs; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * input.data[i];
      data[o] = sum;
    }
    return {shape: [outputs], data};
  },
  Conv2d(input, {weight, bias, shape: [outputs, inputs, kernelHeight, kernelWidth], stride, padding}) {
    const [, height, width] = input.shape, rows = windows(height, kernelHeight, stride, padding);
    const columns = windows(width, kernelWidth, stride, padding), data = new Float32Array(outputs * rows * columns);
    for (let o = 0; o < outputs; o++) for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) {
      let sum = bias ? bias[o] : 0;
      for (let c = 0; c < inputs; c++) for (let i = 0; i < kernelHeight; i++) {
        const row = y * stride + i - padding;
        if (row < 0 || row >= height) continue;
        for (let j = 0; j < kernelWidth; j++) {
          const column = x * stride + j - padding;
          if (column < 0 || column >= width) continue;
          sum += weight[((o * inputs + c) * kernelHeight + i) * kernelWidth + j] * input.data[(c * height + row) * width + column];
        }
      }
      data[(o * rows + y) * columns + x] = sum;
    }
    return {shape: [outputs, rows, columns], data};
  },
  MaxPool2d(input, {size, stride, padding}) {
    const [channels, height, width] = input.shape, rows = windows(height, size, stride, padding);
    const columns = windows(width, size, stride, padding), data = new Float32Array(channels * rows * columns).fill(-Infinity);
    for (let c = 0; c < channels; c++) for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) {
      const place = (c * rows + y) * columns + x;
      for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) {
        const row = y * stride + i - padding, column = x * stride + j - padding;
        if (row >= 0 && row < height && column >= 0 && column < width)
          data[place] = Math.max(data[place], input.data[(c * height + row) * width + column]);
      }
    }
    return {shape: [channels, rows, columns], data};
  },
  Scale(input, {factor, shift}) { // a batch norm that does not learn any more
    const each = input.data.length / factor.length;
    return {shape: input.shape, data: input.data.map((value, i) => {
      const c = Math.floor(i / each);
      return value * factor[c] + shift[c];
    })};
  },
  Flatten: input => ({shape: [input.data.length], data: input.data}),
  ReLU: input => pointwise(input, value => Math.max(0, value)),
  Tanh: input => pointwise(input, Math.tanh),
  Sigmoid: input => pointwise(input, value => 1 / (1 + Math.exp(-value))),
  GELU: input => pointwise(input, value => value * (1 + erf(value / Math.SQRT2)) / 2),
};

const windows = (side, kernel, stride, padding) => Math.floor((side + 2 * padding - kernel) / stride) + 1;
const pointwise = (input, change) => ({shape: input.shape, data: input.data.map(change)});

function erf(x) { // by its series; beyond 4 it is 1 in float32
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; n < 80; n++) sum += (term *= -x * x / n) / (2 * n + 1);
  return 2 / Math.sqrt(Math.PI) * sum;
}

// A picture → the probability of each class.
function answer(picture, model) {
  const spec = model.input;
  let values = {shape: [spec.channels, ...spec.size], data: prepare(picture, spec)};
  for (const layer of model.layers) values = LAYERS[layer.kind](values, layer);
  const logits = Array.from(values.data, value => value / model.temperature), most = Math.max(...logits);
  const powers = logits.map(value => Math.exp(value - most)), sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(value => value / sum);
}

// --- Drawings ------------------------------------------------------------------------------------------------------

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
  if (style.margin === null) return {height, width, colours: 1, levels};
  const inked = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (Math.abs(levels[y * width + x] - style.paper) >= style.peak / 2) inked.push([x, y]);
  const room = Math.round(style.margin), [rows, columns] = extent(inked).map(([least, most], i) => [Math.max(0, least - room), Math.min([height, width][i], most + 1 + room)]);
  const picture = {height: rows[1] - rows[0], width: columns[1] - columns[0], colours: 1};
  picture.levels = Uint8ClampedArray.from({length: picture.height * picture.width}, (_, i) =>
    levels[(rows[0] + Math.floor(i / picture.width)) * width + columns[0] + i % picture.width]);
  return picture;
}

// --- Reading model.js ----------------------------------------------------------------------------------------------

// Numbers are base64 of little-endian float32.
function floats(text) {
  const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

function ready(model) {
  for (const layer of model.layers)
    for (const name of ["weight", "bias", "factor", "shift"]) if (typeof layer[name] === "string") layer[name] = floats(layer[name]);
  return model;
}
