// The map of codes: where images lie, coloured by what is known of them.
import {choice, button, digits, el, images, paint, save, say, told, waited} from "/ask.js";

const KINDS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb",
  "#ee7733", "#009988", "#999933", "#882255", "#6699cc"];
const RAMP = [[75, 80, 180], [45, 135, 170], [60, 170, 120], [160, 195, 70], [240, 190, 60]];
const FEW = 4;   // values from which on those of a factor are an order and no kinds

function ramp(t) {
  const at = Math.max(0, Math.min(1, t)) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, at | 0);
  const part = RAMP[i].map((v, k) => Math.round(v + (RAMP[i + 1][k] - v) * (at - i)));
  return `rgb(${part.join(" ")})`;
}

// a factor's colour for each point, and its legend
function colours(factor, n) {
  if (!factor) return {of: () => KINDS[0], legend: []};
  const values = factor.values, known = [...new Set(values)].sort((a, b) => a - b);
  if (known.length <= (factor.classes ? KINDS.length : FEW)) {
    const place = new Map(known.map((v, i) => [v, i]));
    return {of: (i) => KINDS[place.get(values[i])], legend: known.map((v, i) => {
      const swatch = el("i");
      swatch.style.background = KINDS[i];
      return el("span", {}, swatch, factor.classes ? factor.classes[v] : digits(v));
    })};
  }
  const low = known[0], high = known[known.length - 1];
  const bar = el("span", {class: "ramp"});
  bar.style.background = `linear-gradient(90deg, ${[0, .25, .5, .75, 1].map(ramp).join(", ")})`;
  return {of: (i) => ramp((values[i] - low) / (high - low)),
    legend: [digits(low), bar, digits(high)].map((x) => el("span", {}, x))};
}

export function view(pane) {
  const run = pane.run, canvas = el("canvas", {tabindex: 0, role: "application",
    "aria-label": "Map of codes. The arrow keys go from image to image, Enter begins at one."});
  const tip = el("div", {class: "tip", hidden: true});
  const frame = el("div", {class: "map"}, canvas, tip);
  const legend = el("div", {class: "legend"}), second = el("span", {class: "tools"});
  const coded = run.latents.filter((l) => l.code);
  const asked = {how: "pca", x: coded[0] ? coded[0].code : 1, y: coded[1] ? coded[1].code : 2};
  let found = null, factor = 0, chosen = -1, places = [], shown = null, pictures = new Map();

  function layout() {
    const scale = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
    canvas.width = Math.max(1, Math.round(box.width * scale));
    canvas.height = Math.max(1, Math.round(box.height * scale));
    const low = [Math.min(...found.x), Math.min(...found.y)];
    const high = [Math.max(...found.x), Math.max(...found.y)], edge = 14 * scale;
    places = found.x.map((x, i) => [
      edge + (x - low[0]) / (high[0] - low[0] || 1) * (canvas.width - 2 * edge),
      canvas.height - edge - (found.y[i] - low[1]) / (high[1] - low[1] || 1)
        * (canvas.height - 2 * edge)]);
    return scale;
  }
  function draw() {
    if (!found) return;
    const scale = layout(), context = canvas.getContext("2d");
    const {of, legend: parts} = colours(found.factors[factor], places.length);
    places.forEach(([x, y], i) => {
      context.fillStyle = of(i);
      context.beginPath();
      context.arc(x, y, 3.4 * scale, 0, 7);
      context.fill();
    });
    if (chosen >= 0) {
      context.strokeStyle = getComputedStyle(canvas).color;
      context.lineWidth = 2 * scale;
      context.beginPath();
      context.arc(places[chosen][0], places[chosen][1], 7 * scale, 0, 7);
      context.stroke();
    }
    legend.replaceChildren(...parts);
  }
  function words(i) {
    return [`image ${found.image[i]}`, ...found.factors.map((f) =>
      `${f.name}: ${f.classes ? f.classes[f.values[i]] : digits(f.values[i])}`)];
  }
  const point = told(async (i) => {
    if (i === chosen) return;
    chosen = i;
    draw();
    tip.hidden = i < 0;
    if (i < 0) return;
    if (!pictures.has(i)) {
      pictures.set(i, await images("images", {run: pane.number, index: [found.image[i]]}));
    }
    if (i !== chosen) return;
    const text = words(i), scale = canvas.width / canvas.getBoundingClientRect().width;
    tip.replaceChildren(paint(el("canvas"), pictures.get(i)),
      ...text.map((t) => el("div", {text: t})));
    const [x, y] = places[i].map((v) => v / scale), left = x > canvas.clientWidth / 2;
    tip.style.left = left ? "" : `${x + 12}px`;
    tip.style.right = left ? `${canvas.clientWidth - x + 12}px` : "";
    tip.style.top = `${Math.max(0, Math.min(y - 20, canvas.clientHeight - tip.clientHeight))}px`;
    if (document.activeElement === canvas) say(text.join(", "));
  });
  // the point nearest to a place; towards: only those in that direction from the chosen one
  function nearest(x, y, towards) {
    let best = -1, least = Infinity;
    places.forEach(([px, py], i) => {
      const dx = px - x, dy = py - y;
      if (i === chosen && towards) return;
      if (towards && dx * towards[0] + dy * towards[1] <= Math.hypot(dx, dy) * 0.6) return;
      if (Math.hypot(dx, dy) < least) [best, least] = [i, Math.hypot(dx, dy)];
    });
    return [best, least];
  }
  const begin = told(async () => {
    if (chosen < 0 || !run.can.encode) return;
    await pane.begin_at(found.image[chosen]);
    pane.go("latents");
  });
  function point_at(event) {
    if (!found) return;
    const scale = canvas.width / canvas.getBoundingClientRect().width;
    const [i, far] = nearest(event.offsetX * scale, event.offsetY * scale);
    point(far < 20 * scale ? i : -1);
  }
  // a finger cannot point: its first touch shows an image, a second one begins there
  let touched = false;
  canvas.addEventListener("pointerdown", (event) => {
    const before = chosen;
    if (event.pointerType === "touch") point_at(event);
    touched = chosen !== before;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") point_at(event);
  });
  canvas.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") point(-1);
  });
  canvas.addEventListener("click", () => { if (!touched) begin(); });
  canvas.addEventListener("keydown", (event) => {
    const towards = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[
      event.key];
    if (event.key === "Enter") begin();
    if (event.key === "Escape") point(-1);
    if (!towards || !found) return;
    event.preventDefault();
    const from = chosen >= 0 ? places[chosen] : [canvas.width / 2, canvas.height / 2];
    const [i] = chosen >= 0 ? nearest(...from, towards) : nearest(...from);
    if (i >= 0) point(i);
  });
  new ResizeObserver(() => draw()).observe(canvas);

  const colour = el("span");
  const under_way = el("div");
  let turn = 0;   // of what was asked, only the last is waited for
  const load = told(async () => {
    const mine = ++turn;
    say(asked.how === "tsne" ? "t-SNE goes on beside what you do …" : "Encoding images …");
    const answer = await waited("map", {run: pane.number, ...asked}, asked.how === "tsne" ? "t-SNE"
      : "Codes", under_way, () => mine === turn);
    if (!answer) return;
    found = answer;
    chosen = -1;
    tip.hidden = true;
    pictures = new Map();
    factor = Math.min(factor, Math.max(0, found.factors.length - 1));
    colour.replaceChildren(...(found.factors.length ? [choice("Coloured by",
      found.factors.map((f, i) => [i, f.name]), factor, (v) => {
        factor = Number(v);
        draw();
      })] : []));
    draw();
    say(`${found.x.length} images on the map`);
  });
  function axes() {
    const options = coded.map((l) => [l.code, l.follows ? `${l.name} (${l.follows[0]})` : l.name]);
    second.replaceChildren(...(asked.how !== "latents" ? [] : ["x", "y"].map((axis) =>
      choice(axis === "x" ? "Across" : "Up", options, asked[axis], (v) => {
        asked[axis] = Number(v);
        load();
      }))));
  }
  const ways = [["pca", "principal components"], ["tsne", "t-SNE"]];
  if (coded.length > 1) ways.push(["latents", "two latents"]);
  const by = choice("Places by", ways, asked.how, (v) => {
    asked.how = v;
    axes();
    load();
  });
  const node = el("div", {}, el("div", {class: "tools"}, by, second, colour,
    button("Save codes (CSV)", () => save({run: pane.number, what: "codes"})), under_way), frame,
  legend, el("p", {class: "soft", text: "Each point is an image: point at it to see it"
    + (run.can.encode ? ", choose it to begin there." : ".")}));
  return {node, update() {
    if (shown === pane.version) {
      draw();
    } else {
      shown = pane.version;
      load();   // who follows a training does not wait for a map
    }
  }};
}
