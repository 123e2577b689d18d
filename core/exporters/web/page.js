// The page: strokes, files and the camera become pictures, which onnxruntime-web lets the model answer. Both come as text,
// in `runtime.js` and `model.js`, because a page that was opened as a file may read no other files.
"use strict";
const MOST = 10; // classes in the bars
const MAX_PIXELS = 2e6; // of a picture, and of one in which a drawing is looked for; a larger one is made smaller first
const MAX_DRAWING_PIXELS = 5e5;
const PALE = 200, BLANK = 24; // levels: above it nothing is seen on white paper; a sheet whose levels differ by less is empty
const DARK = 80, LIGHT = 175, EVEN = 40, SHARE = 0.55, SIDE = 96; // as in Epochlab's core/importing/ground.py and image_style.py
const get = id => document.getElementById(id), sheet = get("sheet"), paper = sheet.getContext("2d");
let strokes = [], pens = [], asked = 0;

const bytes = text => fetch("data:application/octet-stream;base64," + text);
const unpacked = async text => (await new Response((await bytes(text)).body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
async function started() {
  const source = new Blob([await unpacked(RUNTIME.module)], {type: "text/javascript"});
  const ort = await import(URL.createObjectURL(source));
  ort.env.wasm.wasmBinary = await unpacked(RUNTIME.wasm);
  ort.env.wasm.numThreads = 1; // more need headers that only a server can send
  const session = await ort.InferenceSession.create(await (await bytes(MODEL.onnx)).arrayBuffer());
  return ({height, width, levels}) => // the model takes levels: height × width × 1 or 3
    session.run({images: new ort.Tensor("uint8", new Uint8Array(levels), [1, height, width, levels.length / height / width])});
}
const cell = textContent => Object.assign(document.createElement("span"), {textContent});
const say = words => { get("answer").textContent = words; };
const UNABLE = "This browser cannot run the model. Use a newer one, or a computer with more memory.";
const TOO_LARGE = "There is no answer: this picture is too large for the browser. Choose a smaller one.";
const model = started();
say("Getting ready …");
model.then(() => asked || say(""), error => { console.error(error); say(UNABLE); });
const answer = async picture => [...(await (await model)(picture)).probabilities.data]; // of each class

async function show(picture, otherwise = "") {
  const turn = ++asked;
  get("one").hidden = true;
  get("look").hidden = !picture;
  get("bars").replaceChildren();
  say(picture ? "One moment …" : otherwise);
  if (!picture) return;
  look(picture);
  await new Promise(resolve => setTimeout(resolve)); // so that this is seen before the browser is busy
  let probabilities;
  try {
    probabilities = await answer(picture);
  } catch (error) {
    console.error(error);
    model.then(() => say(TOO_LARGE), () => say(UNABLE));
  }
  if (!probabilities || turn !== asked) return; // there is none, or another picture came meanwhile
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).slice(0, MOST);
  const share = i => (100 * probabilities[i]).toFixed(1) + " %";
  say(probabilities[order[0]] >= MODEL.threshold ? `${MODEL.classes[order[0]]} — ${share(order[0])}` : "None of these");
  for (const i of order) {
    const row = document.createElement("div"), meter = document.createElement("meter");
    row.className = "bar";
    meter.value = probabilities[i];
    meter.setAttribute("aria-label", MODEL.classes[i]);
    row.append(cell(MODEL.classes[i]), meter, cell(share(i)));
    get("bars").append(row);
  }
}

// The picture as the model sees it: what is not cut off, in the model's own pixels.
function look({height, width, levels}) {
  const colours = levels.length / height / width, image = new ImageData(width, height);
  image.data.forEach((_, i) => { image.data[i] = i % 4 === 3 ? 255 : levels[colours * (i >> 2) + (colours === 1 ? 0 : i % 4)]; });
  const whole = Object.assign(document.createElement("canvas"), {width, height});
  whole.getContext("2d").putImageData(image, 0, 0);
  const {size, resized, ground, channels} = MODEL.input, sides = [height, width], seen = get("seen");
  const scale = Math[ground ? "min" : "max"](...resized.map((side, i) => side / sides[i]));
  const [high, wide] = sides.map(side => side * scale);
  [seen.height, seen.width] = size;
  const context = Object.assign(seen.getContext("2d"), {imageSmoothingQuality: "high", filter: channels === 1 ? "grayscale(1)" : "none"});
  context.fillStyle = `rgb(${[0, 1, 2].map(c => (ground ?? [0])[c % (ground ?? [0]).length])})`;
  context.fillRect(0, 0, size[1], size[0]);
  context.drawImage(whole, (size[1] - wide) / 2, (size[0] - high) / 2, wide, high);
}

// A drawing, which is one sign unless the person says so.
function showDrawn(strokes, pen, signs) {
  const picture = drawn(strokes, pen, MODEL.style);
  if (signs < 2 || MODEL.style.own.includes("several")) return show(picture);
  show(null, `There are ${signs} signs. The model answers one at a time.`);
  Object.assign(get("one"), {hidden: false, onclick: () => show(picture)});
}

// The pixels of what the browser has as an image, and whether a drawing has to be looked for in them: by a model of
// drawings, unless it has the very size of the training images.
function taken(source, width, height) {
  const {style} = MODEL, own = style && style.margin === null && height === style.height && width === style.width;
  const drawing = style && !own, scale = Math.min(1, Math.sqrt((drawing ? MAX_DRAWING_PIXELS : MAX_PIXELS) / width / height));
  const canvas = Object.assign(document.createElement("canvas"), {width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale))});
  const on = paper => { // what is transparent
    const context = Object.assign(canvas.getContext("2d", {willReadFrequently: true}), {fillStyle: paper, imageSmoothingQuality: "high"});
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 < 3);
  };
  let levels = on("#fff");
  if (levels.every(level => level > PALE)) levels = on("#000"); // pale ink is not seen on white
  const picture = {height: canvas.height, width: canvas.width, levels};
  return {picture: drawing ? picture : turned(picture), drawing, blank: own && levels.every(level => Math.abs(level - levels[0]) < BLANK)};
}

// Light and dark turned round, hues kept, where the ground of a picture is the opposite of the training images'.
function turned({height, width, levels}) {
  const {tone, level: usual} = MODEL.ground ?? {}, step = Math.max(1, Math.floor(Math.max(height, width) / SIDE)), first = Math.floor(step / 2);
  const [lastRow, lastColumn] = [height, width].map(side => side - 1 - (side - 1 - first) % step), border = [];
  for (let y = first; y < height; y += step) for (let x = first; x < width; x += step) {
    const i = 3 * (y * width + x), grey = (levels[i] + levels[i + 1] + levels[i + 2]) / 3;
    for (const edge of [y === first, y === lastRow, x === first, x === lastColumn]) if (edge) border.push(grey);
  }
  border.sort((a, b) => a - b);
  const level = (border[border.length / 2 | 0] + border[(border.length - 1) / 2 | 0]) / 2;
  const opposite = tone === "dark" ? level > LIGHT : tone === "light" && level < DARK;
  if (!opposite || border.filter(grey => Math.abs(grey - level) < EVEN).length <= SHARE * border.length) return {height, width, levels};
  const spread = tone === "dark" ? (255 - usual) / level : usual / (255 - level);
  return {height, width, levels: levels.map((value, i) => {
    const colour = levels.subarray(i - i % 3, i - i % 3 + 3);
    return rounded(usual + (value + level - Math.max(...colour) - Math.min(...colour)) * spread);
  })};
}

function ask(source, width, height) {
  const {picture, drawing, blank} = taken(source, width, height);
  if (!drawing && !blank) return show(picture);
  const found = drawing && inked(picture);
  if (found) showDrawn(found.strokes, found.pen, found.signs); else show(null, "There is no drawing on this picture.");
}

function place(event) {
  const box = sheet.getBoundingClientRect();
  return [(event.clientX - box.left) * sheet.width / box.width, (event.clientY - box.top) * sheet.height / box.height];
}
function redraw() {
  paper.clearRect(0, 0, sheet.width, sheet.height);
  strokes.forEach((stroke, i) => line(paper, [stroke], pens[i], "#111"));
}
sheet.addEventListener("pointerdown", event => {
  sheet.setPointerCapture(event.pointerId);
  strokes.push([place(event)]);
  pens.push(Number(get("pen").value));
  redraw();
});
sheet.addEventListener("pointermove", event => {
  if (!event.buttons || !strokes.length) return;
  strokes.at(-1).push(place(event));
  redraw();
});
sheet.addEventListener("pointerup", () => {
  get("file").value = ""; // its name beside a drawing would be wrong
  const alpha = paper.getImageData(0, 0, sheet.width, sheet.height).data.filter((_, i) => i % 4 === 3);
  if (strokes.length) showDrawn(strokes, pens.at(-1), count(piecesOf(alpha, sheet)));
});
get("clear").addEventListener("click", () => { strokes = []; pens = []; redraw(); get("file").value = ""; show(null); });
get("file").addEventListener("change", async event => {
  const [file] = event.target.files;
  if (!file) return;
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    show(null, "This file is not a picture that the browser can read.");
    return;
  }
  ask(image, image.width, image.height);
});
get("camera").addEventListener("click", async () => {
  try {
    const video = get("video");
    video.srcObject = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
    await video.play();
    get("live").hidden = false;
  } catch {
    show(null, "The camera cannot be used: allow it for this page, which a server has to send over HTTPS, or choose a picture.");
  }
});
get("shot").addEventListener("click", () => ask(get("video"), get("video").videoWidth, get("video").videoHeight));
get("title").textContent = document.title = MODEL.name;
get("about").textContent = MODEL.about;
get("drawing").hidden = !MODEL.style;
