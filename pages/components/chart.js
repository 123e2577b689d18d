// Draws a plotly figure on one node and keeps that node: Plotly.react changes lines in place, so that no frame is
// blank and, with layout.uirevision, the reader's zoom stays. Streamlit calls the default export at every new
// `data` and at every change of theme, and the function that it returns when the chart leaves the page.

const NARROW = 640; // pixels of width below which panels stand under each other
const BUTTONS = 32; // pixels of height that Plotly's buttons take
const HEADING = 24; // pixels of height of the heading of a panel, which stands below the legend

function library(src) {
  window.epochlabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.epochlabPlotly = undefined; // the next tick tries again
      script.remove();
      reject(new Error("plotly.min.js did not load"));
    };
    document.head.appendChild(script);
  });
  return window.epochlabPlotly;
}

const isTouch = () => window.matchMedia("(pointer: coarse)").matches;

function themed(layout, node, panels) {
  const style = getComputedStyle(node);
  const color = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const text = color("--st-text-color", "#333");
  const grid = color("--st-border-color", "#ddd");
  const ground = color("--st-background-color", "#fff");
  const narrow = node.clientWidth < NARROW;
  const touched = isTouch();
  const result = {
    ...layout,
    width: node.clientWidth,
    uirevision: "kept",
    font: { family: color("--st-font", "sans-serif"), size: 13, color: text },
    hoverlabel: { bgcolor: ground, bordercolor: grid, font: { color: text } },
    legend: { ...layout.legend, bgcolor: "rgba(0,0,0,0)" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: text, activecolor: color("--st-primary-color", text) },
    // A finger scrolls the page; a mouse or the buttons zoom.
    dragmode: touched ? false : (layout.dragmode ?? "zoom"),
  };
  if (narrow && panels > 1) {
    result.grid = { ...layout.grid, rows: panels, columns: 1, ygap: 0.4 };
    result.height = 60 + 230 * panels;
    result.margin = { ...layout.margin, l: 52, r: layout.showlegend === false ? layout.margin.r : 8 };
  }
  if (touched && hasLegend(layout)) {
    // Nothing hovers here, so the buttons are always there: the legend makes room for them.
    result.height = (result.height ?? layout.height) + BUTTONS;
    result.margin = { ...(result.margin ?? layout.margin), t: layout.margin.t + BUTTONS };
    result.legend.y = 1 - BUTTONS / result.height;
  }
  if (hasLegend(layout) && node.more) {
    result.height = (result.height ?? layout.height) + node.more;
    result.margin = { ...(result.margin ?? layout.margin), t: (result.margin ?? layout.margin).t + node.more };
    if (touched) result.legend.y = 1 - BUTTONS / result.height;
  }
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) {
      result[name] = {
        ...layout[name],
        gridcolor: grid,
        linecolor: grid,
        zerolinecolor: grid,
        automargin: layout[name].automargin ?? false,
        // Asked for by a colour alone, Plotly draws them wherever something hovers, through the numbers of a matrix.
        ...(layout.hovermode === "x unified" && { spikecolor: text, spikethickness: 1 }),
      };
    }
  }
  return result;
}

// Whether a legend stands above the panels, where it has the room of one row.
const hasLegend = (layout) => layout.legend?.yref === "container" && layout.showlegend !== false;

// Pixels of height that the legend takes beyond the room that it has: on a narrow screen it has several rows.
function missingRoom(node, layout) {
  const legend = hasLegend(layout) && node.querySelector(".legend");
  return legend ? Math.max(0, Math.ceil(legend.getBBox().height) + HEADING - layout.margin.t) : 0;
}

const CONFIG = {
  displaylogo: false,
  responsive: false, // the observer below also sees the sidebar open and close
  // These alone: by itself Plotly adds one that uploads the chart to its makers.
  modeBarButtons: [["toImage"], ["zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"]],
  plotlyServerURL: "",
};

const panelsOf = (figure) => Object.keys(figure.layout).filter((name) => name.startsWith("yaxis")).length;

// Whether a graphics card draws: where the processor plays its part, a lasso over points in WebGL is three times as slow
// as over the same in SVG.
let webgl;
const hasWebgl = () => (webgl ??= drawsFast(document.createElement("canvas").getContext("webgl")));

function drawsFast(gl) {
  const told = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl?.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER) ?? "";
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(name) && !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

function react(plotly, node) {
  const { data, layout, config } = structuredClone(node.latest.figure);
  for (const trace of data) {
    if (trace.type === "scattergl" && !hasWebgl()) trace.type = "scatter";
    if (trace.type === "heatmap") Object.assign(trace, { hoverinfo: "none", hovertemplate: undefined });
  }
  return plotly.react(node, data, themed(layout, node, panelsOf({ layout })), {
    ...CONFIG,
    ...config,
    locale: "page",
    locales: { page: { dictionary: node.latest.words } },
    showTips: !isTouch(), // the tip tells of a double click
  });
}

async function draw(node) {
  const { figure, label, src } = node.latest;
  node.setAttribute("aria-label", label);
  // The room is taken before the library has come, so that nothing below jumps.
  node.style.minHeight = `${themed(figure.layout, node, panelsOf(figure)).height}px`;
  let plotly;
  try {
    plotly = await library(src);
  } catch {
    return;
  }
  // Drawn anew while somebody drags, the chart would forget where the drag began.
  while (node._dragging) await new Promise((resolve) => setTimeout(resolve, 50));
  if (!node.isConnected || node.clientWidth === 0) return;
  // A newer figure may have come while the library loaded. Plotly changes what it is given: `react` hands it a copy.
  const { layout } = node.latest.figure;
  await react(plotly, node);
  const more = missingRoom(node, layout); // known once it is drawn
  if (more !== (node.more ?? 0)) {
    node.more = more;
    node.style.minHeight = `${themed(layout, node, panelsOf({ layout })).height}px`;
    await react(plotly, node);
  }
  node.removeAllListeners("plotly_click");
  if (node.latest.clicks) {
    node.on("plotly_click", ({ points }) => {
      if (points.length) node.clicked({ place: points[0].pointIndex ?? points[0].pointNumber });
    });
  }
  follow(node);
  // The label says what the lines show; ticks and letters, read out one after the other, would not.
  for (const svg of node.querySelectorAll(".main-svg")) svg.setAttribute("aria-hidden", "true");
  node.dataset.drawn = String(Number(node.dataset.drawn ?? 0) + 1);
}

// Tells which points a lasso or a box holds, and shows the picture of the point under the pointer beside it. A point's
// `customdata` begins with its id.
function follow(node) {
  for (const event of ["plotly_selected", "plotly_deselect", "plotly_hover", "plotly_unhover"]) {
    node.removeAllListeners(event);
  }
  if (node.latest.selects) {
    // Drawn anew, the chart tells of the outline that it keeps, too: there is no range then that a person has drawn.
    node.on("plotly_selected", (event) => {
      if (event?.lassoPoints || event?.range) node.selected(event.points.map((point) => point.customdata[0]));
    });
    node.on("plotly_deselect", () => node.selected([]));
  }
  node.tip?.remove();
  if (node.latest.figure.data.some((trace) => trace.type === "heatmap")) tellAbove(node);
  node.picture?.remove();
  if (!node.latest.pictures) return;
  node.picture = document.createElement("img");
  node.picture.className = "epochlab-chart-picture";
  node.picture.alt = "";
  node.picture.hidden = true;
  node.append(node.picture);
  node.on("plotly_hover", ({ points, event }) => {
    node.picture.src = `${node.latest.pictures}${points[0].customdata[0]}`;
    const left = event.clientX > window.innerWidth / 2 ? event.clientX - 112 : event.clientX + 16;
    Object.assign(node.picture.style, { left: `${left}px`, top: `${Math.max(0, event.clientY - 112)}px` });
    node.picture.hidden = false;
  });
  node.on("plotly_unhover", () => { node.picture.hidden = true; });
}

// What a label would say of a cell stands in a line above the cells: a label beside it would cover its neighbours.
function tellAbove(node) {
  const { data, layout } = node.latest.figure;
  node.tip = document.createElement("div");
  node.tip.className = "epochlab-chart-tip";
  node.append(node.tip);
  node.on("plotly_hover", ({ points: [{ curveNumber, pointNumber: [row, column] }] }) => {
    const { hovertemplate, text, x, y, z } = data[curveNumber];
    const percent = z[row][column].toFixed(2).replace(".", layout.separators[0]);
    const values = { x: x[column], y: y[row], text: text[row][column], "z:.2f": percent };
    const words = hovertemplate.replace(/<extra>.*/, "").replace(/%\{(.+?)\}/g, (_all, name) => values[name]);
    // Names are escaped as plotly's own labels want them.
    node.tip.textContent = new DOMParser().parseFromString(words, "text/html").body.textContent;
  });
  node.on("plotly_unhover", () => { node.tip.textContent = ""; });
}

// One drawing after the other: what Plotly has begun it ends before the figure changes again or goes.
function queue(node, work) {
  node.queue = Promise.resolve(node.queue).then(work).catch((error) => console.error(error));
}

export default function ({ parentElement, data, setTriggerValue }) {
  if (!data.figure) { // a chart is to come
    (window.requestIdleCallback ?? setTimeout)(() => library(data.src).catch(() => {}));
    return;
  }
  const node = parentElement.querySelector(".epochlab-chart");
  node.latest = data;
  node.clicked = (point) => setTriggerValue("clicked", point);
  node.selected = (ids) => setTriggerValue("selected", { ids });
  queue(node, () => draw(node));
  if (!node.watcher) {
    let width = node.clientWidth;
    node.watcher = new ResizeObserver(() => {
      if (node.clientWidth && node.clientWidth !== width) {
        width = node.clientWidth;
        queue(node, () => draw(node));
      }
    });
    node.watcher.observe(node);
  }
  return () => {
    node.watcher?.disconnect();
    node.watcher = undefined;
    queue(node, () => node.watcher || window.Plotly?.purge(node));
  };
}
