"use strict";
// Figures are drawn when they come near the screen, in the page's colours; a time zoomed into in one is shown in all.
const dark = JSON.parse(document.getElementById("dark").textContent);
const preference = matchMedia("(prefers-color-scheme: dark)");
const plots = [...document.querySelectorAll(".plot")];
const axes = ["xaxis", "xaxis2", "xaxis3"];
const settings = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
let range = null;
let following = false;

function figureOf(plot) {
  let text = plot.nextElementSibling.textContent;
  if (preference.matches) for (const [light, other] of Object.entries(dark)) text = text.replaceAll(light, other);
  return JSON.parse(text);
}

function draw(plot) {
  const figure = figureOf(plot);
  if (range) for (const axis of axes) figure.layout[axis].range = range;
  const first = !plot.data;
  Plotly.react(plot, figure.data, figure.layout, settings);
  if (first) plot.on("plotly_relayout", (change) => follow(plot, change));
}

function follow(plot, change) {
  if (following || !axes.some((axis) => Object.keys(change).some((key) => key.startsWith(axis + ".")))) return;
  following = true;
  range = Object.keys(change).some((key) => key.endsWith("autorange")) ? null : plot.layout.xaxis.range.slice();
  const wanted = plots.filter((other) => other.data);
  Promise.all(wanted.map((other) => Plotly.relayout(other, shown(other)))).finally(() => { following = false; });
}

// All of the chart, or the time zoomed into, with the prices and volumes of that time filling their panels.
function shown(plot) {
  const layout = figureOf(plot).layout;
  const wanted = range || layout.xaxis.range;
  const update = Object.fromEntries(axes.map((axis) => [axis + ".range", wanted]));
  if (!range) return { ...update, "yaxis2.autorange": true, "yaxis3.autorange": true };
  const [from, to] = wanted.map((time) => Date.parse(time.replace(" ", "T") + "Z"));
  for (const axis of ["y2", "y3"]) {
    const bars = plot.data.filter((trace) => trace.type === "bar" && trace.yaxis === axis);
    let low = Infinity, high = -Infinity;
    for (const trace of plot.data.filter((each) => each.yaxis === axis && (each.type === "bar" || (axis === "y2" && each.mode === "lines")))) {
      trace.x.forEach((time, index) => {
        const at = time === null ? NaN : Date.parse(time + "Z");
        if (!(at >= from && at <= to)) return;
        const base = trace.type === "bar" && trace.base ? trace.base[index] : trace.type === "bar" ? 0 : trace.y[index];
        const top = trace.type === "bar" ? base + trace.y[index] : base;
        if (base === null) return;
        low = Math.min(low, base);
        high = Math.max(high, top);
      });
    }
    if (bars.length && high > low) {
      const room = (high - low) * 0.05;
      update["yaxis" + axis[1] + ".range"] = [axis === "y3" ? 0 : low - room, high + room];
    }
  }
  return update;
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); draw(entry.target); }
}, { rootMargin: "800px" });
plots.forEach((plot) => near.observe(plot));
preference.addEventListener("change", () => plots.filter((plot) => plot.data).forEach(draw));
addEventListener("beforeprint", () => plots.filter((plot) => !plot.data).forEach(draw));
