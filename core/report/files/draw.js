// Draws the charts of the report, and draws them anew as wide as paper when it is printed.
const PAPER = 680; // pixels between the margins of a sheet of A4
const given = JSON.parse(document.getElementById("given").textContent);
const nodes = [...document.querySelectorAll("[data-chart]")];

Plotly.register({
  moduleType: "locale",
  name: "report",
  dictionary: given.words,
  format: {},
});

for (const node of nodes) {
  const { data, layout, config } = given.charts[Number(node.dataset.chart)];
  const font = { family: "system-ui, sans-serif", size: 12, color: "#1f2328" };
  const look = { ...layout, font, autosize: true, paper_bgcolor: "#fff", plot_bgcolor: "#fff" };
  Plotly.newPlot(node, data, look, { responsive: true, displaylogo: false, locale: "report", ...config });
}

function width(of) {
  for (const node of nodes) Plotly.relayout(node, of ? { width: of, autosize: false } : { width: null, autosize: true });
}
addEventListener("beforeprint", () => width(PAPER));
addEventListener("afterprint", () => width(null));
