"use strict";
// Figures are drawn when they come near the screen, in the page's colours; a time zoomed into in one is shown in all.
const dark = JSON.parse(document.getElementById("dark").textContent);
const preference = matchMedia("(prefers-color-scheme: dark)");
const plots = [...document.querySelectorAll(".plot")];
const axes = ["xaxis", "xaxis2", "xaxis3"];
const settings = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
const whole = new Map();
let range = null;
let following = false;

function figureOf(plot) {
  let text = plot.nextElementSibling.textContent;
  if (preference.matches) for (const [light, other] of Object.entries(dark)) text = text.replaceAll(light, other);
  return JSON.parse(text);
}

function draw(plot) {
  const figure = figureOf(plot);
  const first = !plot.data;
  whole.set(plot, figure.layout.xaxis.range.slice());
  Plotly.react(plot, figure.data, figure.layout, settings);
  if (first) plot.on("plotly_relayout", (change) => follow(plot, change));
  if (range) show([plot]);
}

function follow(plot, change) {
  if (following || !axes.some((axis) => Object.keys(change).some((key) => key.startsWith(axis + ".")))) return;
  range = Object.keys(change).some((key) => key.endsWith("autorange")) ? null : plot.layout.xaxis.range.slice();
  show(plots.filter((other) => other.data));
}

function show(wanted) {
  following = true;
  Promise.all(wanted.map((plot) => Plotly.relayout(plot, shown(plot)))).finally(() => { following = false; });
}

// All of the chart, or the time zoomed into, with the prices and volumes of that time filling their panels.
function shown(plot) {
  const update = Object.fromEntries(axes.map((axis) => [axis + ".range", range || whole.get(plot)]));
  if (!range) return { ...update, "yaxis2.autorange": true, "yaxis3.autorange": true };
  const prices = extent(plot, "y2"), volumes = extent(plot, "y3");
  const room = (prices.high - prices.low) * 0.05;
  if (room > 0) update["yaxis2.range"] = [prices.low - room, prices.high + room];
  if (volumes.high > 0) update["yaxis3.range"] = [0, volumes.high * 1.05];
  return update;
}

// The lowest and highest value of a panel's bars and lines within the range.
function extent(plot, axis) {
  const [from, to] = range.map((time) => Date.parse(time.replace(" ", "T") + "Z"));
  let low = Infinity, high = -Infinity;
  for (const trace of plot.data) {
    if (trace.yaxis !== axis || trace.mode === "markers") continue;
    trace.x.forEach((text, index) => {
      const time = text === null ? NaN : Date.parse(text + "Z"), value = trace.y[index];
      if (!(time >= from && time <= to) || value === null) return;
      const base = trace.base ? trace.base[index] : trace.type === "bar" ? 0 : value;
      low = Math.min(low, base);
      high = Math.max(high, trace.type === "bar" ? base + value : value);
    });
  }
  return { low, high };
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); draw(entry.target); }
}, { rootMargin: "800px" });
plots.forEach((plot) => near.observe(plot));
preference.addEventListener("change", () => plots.filter((plot) => plot.data).forEach(draw));
addEventListener("beforeprint", () => plots.filter((plot) => !plot.data).forEach(draw));
