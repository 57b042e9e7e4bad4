// Views of numbers: points of a plane, scores, curves, and what a run is.
import {button, digits, each_state, el, plain, save, say, told, waited} from "/ask.js";

function table(caption, head, rows) {
  const kind = (i) => (rows.length && typeof rows[0][i] === "number" ? "number" : null);
  return el("table", {class: "data"}, el("caption", {text: caption}),
    el("thead", {}, el("tr", {}, ...head.map((text, i) =>
      el("th", {scope: "col", text, class: kind(i)})))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell, i) => i === 0
      ? el("th", {scope: "row", text: cell})
      : el("td", {class: typeof cell === "number" ? "number" : null,
        text: typeof cell === "number" ? digits(cell, 4) : cell}))))));
}

export function scores(pane) {
  const kept = el("div"), fresh = el("div"), run = pane.run;
  async function load() {
    const {rows, learned} = await plain("scores", {run: pane.number});
    kept.replaceChildren(rows.length
      ? table("Of the run's report", ["score", "value"], rows.map((r) => [r.name, r.value]))
      : el("p", {class: "soft", text: "Its script has written no scores yet."}),
    el("p", {text: learned || ""}));
  }
  const measure = button("Measure the metrics", async () => {
    say("Measuring goes on beside what you do …");
    const {rows, points} = await waited("measure", {run: pane.number}, "Metrics", fresh);
    fresh.replaceChildren(table(`Of ${points} images, now`, ["metric", "value", "95 %"],
      rows.map((r) => [r.name, r.value === undefined ? r.error : r.value,
        r.interval ? r.interval.map((v) => digits(v)).join(" to ") : ""])));
    say(`${rows.length} metrics of ${points} images`);
  });
  return {node: el("div", {}, el("div", {class: "tools"}, run.can.score ? measure : null,
    button("Save scores (CSV)", () => save({run: pane.number, what: "scores"}))), kept, fresh),
  update: each_state(pane, load)};
}

const SVG = "http://www.w3.org/2000/svg", W = 320, H = 190, LEFT = 52, BOTTOM = 24;

function draw(tag, given, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, v] of Object.entries(given)) made.setAttribute(name, v);
  if (text !== undefined) made.textContent = text;
  return made;
}

// one term of the log against the steps
function chart(name, steps, values) {
  const points = steps.map((x, i) => [x, values[i]]).filter(([, y]) => Number.isFinite(y));
  const svg = draw("svg", {viewBox: `0 0 ${W} ${H}`, role: "img"});
  const caption = el("figcaption", {text: name.replaceAll("_", " ")});
  if (!points.length) return el("figure", {class: "chart"}, caption);
  const ys = points.map((p) => p[1]), xs = points.map((p) => p[0]);
  let low = Math.min(...ys), high = Math.max(...ys);
  if (low === high) {
    low -= (Math.abs(ys[0]) || 1) / 2;
    high += (Math.abs(ys[0]) || 1) / 2;
  }
  const x = (v) => LEFT + (v - xs[0]) / (xs[xs.length - 1] - xs[0] || 1) * (W - LEFT - 12);
  const y = (v) => 10 + (high - v) / (high - low) * (H - BOTTOM - 16);
  const last = points[points.length - 1];
  svg.setAttribute("aria-label", `${name}: ${digits(ys[0])} at step ${xs[0]}, `
    + `${digits(last[1])} at step ${last[0]}, from ${digits(low)} to ${digits(high)}`);
  svg.append(draw("path", {class: "axis", d: `M${LEFT} 6V${H - BOTTOM}H${W - 8}`}),
    draw("text", {x: LEFT - 5, y: 15, "text-anchor": "end"}, digits(high)),
    draw("text", {x: LEFT - 5, y: H - BOTTOM, "text-anchor": "end"}, digits(low)),
    draw("text", {x: LEFT, y: H - 8}, String(xs[0])),
    draw("text", {x: W - 8, y: H - 8, "text-anchor": "end"}, `step ${last[0]}`),
    draw("path", {class: "curve", d: "M" + points.map(([a, b]) =>
      `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("L")}));
  const dot = draw("circle", {class: "dot", r: 3, cx: x(last[0]), cy: y(last[1])});
  svg.append(dot);
  const value = el("b", {text: " " + digits(last[1])});
  caption.append(value);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) / box.width * W;
    const p = points.reduce((a, b) => Math.abs(x(b[0]) - at) < Math.abs(x(a[0]) - at) ? b : a);
    dot.setAttribute("cx", x(p[0]));
    dot.setAttribute("cy", y(p[1]));
    value.textContent = ` ${digits(p[1])} at step ${p[0]}`;
  });
  svg.addEventListener("pointerleave", () => {
    dot.setAttribute("cx", x(last[0]));
    dot.setAttribute("cy", y(last[1]));
    value.textContent = " " + digits(last[1]);
  });
  return el("figure", {class: "chart"}, caption, svg);
}

const SIDE = 420, COUNT = 500;   // of a plane of points

// points that are generated, over as many of the data
export function points(pane) {
  const place = el("figure", {class: "plane"});
  let seed = 1;
  async function show() {
    const found = await plain("points", {run: pane.number, seed, count: COUNT});
    const sets = [["data", found.data], ["generated", found]].filter(([, set]) => set);
    const reach = 1.05 * Math.max(...sets.flatMap(([, set]) => [...set.x, ...set.y]).map(Math.abs));
    const at = (v) => (SIDE / 2 * (1 + v / reach)).toFixed(1);
    const svg = draw("svg", {viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img",
      "aria-label": `${COUNT} generated points, from ${digits(-reach)} to ${digits(reach)}`});
    for (const [name, set] of sets) {
      svg.append(...set.x.map((x, i) => draw("circle", {class: name, r: 2, cx: at(x),
        cy: at(-set.y[i])})));
    }
    place.replaceChildren(svg, el("figcaption", {}, ...sets.map(([name]) =>
      el("span", {class: name, text: name}))));
    say(`${COUNT} points of seed ${seed}`);
  }
  return {node: el("div", {}, el("div", {class: "tools"}, button("Next points", () => {
    seed++;
    return show();
  })), place), update: each_state(pane, show)};
}

export function curves(pane) {
  const place = el("div", {class: "charts"});
  let shown = null;
  return {node: el("div", {}, el("div", {class: "tools"},
    button("Save curves (CSV)", () => save({run: pane.number, what: "curves"}))), place),
  update: told(async () => {
    if (shown === pane.log) return;
    shown = pane.log;
    const {step, terms} = await plain("curves", {run: pane.number});
    const names = Object.keys(terms).sort((a, b) => (b === "loss") - (a === "loss")
      || (a < b ? -1 : 1));
    if (names.length) place.replaceChildren(...names.map((name) => chart(name, step, terms[name])));
    else place.replaceChildren(el("p", {class: "soft", text: "No line in its log yet."}));
    say(`${names.length} curves of ${step.length} lines of the log`);
  })};
}

// the lines of a text that is "Name   words", or goes on with more words, as rows
function rows_of(text) {
  const rows = [];
  for (const line of text.split("\n")) {
    const [, name, words] = /^(\S*)\s*(.*)$/.exec(line);
    if (name || !rows.length) rows.push([name, words]);
    else rows[rows.length - 1][1] += " " + words;
  }
  return rows;
}

export function about(pane) {
  const settings = pane.run.settings.map((s) => [s.name, s.value]);
  return {node: el("div", {}, table("Run", ["what", "is"], rows_of(pane.run.text)),
    table("Settings", ["option", "value"], settings)), update() {}};
}
