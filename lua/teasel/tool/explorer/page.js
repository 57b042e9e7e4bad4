// The explorer's page: which runs are shown, side by side, and which view of them.
//
// A pane is one run on the page. Its latents z are its whole state: views draw what is decoded from
// them, and say by pane.move and pane.begin where they are now.
import {choice, el, images, paint, plain, say, told} from "/ask.js";
import {samples, swaps, traversals} from "/grids.js";
import {pixels, put, view as latents} from "/latents.js";
import {view as map} from "/map.js";
import {about, curves, points, scores} from "/numbers.js";

const VIEWS = [   // name, title, which runs have it, and what makes it
  ["latents", "Latents", (run) => run.can.decode, latents],
  ["traversals", "Traversals", (run) => run.can.decode, traversals],
  ["samples", "Samples", (run) => run.can.decode, samples],
  ["points", "Points", (run) => run.can.points, points],
  ["swaps", "Content and style", (run) => run.can.swap, swaps],
  ["map", "Map of codes", (run) => run.can.map, map],
  ["scores", "Scores", () => true, scores],
  ["curves", "Curves", () => true, curves],
  ["about", "About", () => true, about],
];
const EVERY = 2000;   // milliseconds between two looks at a training

let runs = [], panes = [], current = "latents", made = 0;
let together = true;   // whether both panes begin at the same image

class Pane {
  constructor(number) {
    this.number = number;
    this.run = runs[number - 1];
    this.id = ++made;
    this.version = this.run.version;
    this.log = 0;
    this.views = new Map();
    this.step = el("span", {class: "soft"});
    this.place = el("div");
    const head = el("div", {class: "head"}, el("h2", {text: this.run.name}), this.step);
    this.node = el("section", {class: "pane", "aria-label": this.run.name}, head, this.place);
    this.listen();
    this.tell();
  }

  tell() {
    this.step.textContent = `step ${this.run.step} of ${this.run.steps}`;
  }

  listen() {
    const over = (on) => (event) => {
      event.preventDefault();
      this.node.classList.toggle("over", on && this.run.can.encode);
    };
    this.node.addEventListener("dragover", over(true));
    this.node.addEventListener("dragleave", over(false));
    this.node.addEventListener("drop", (event) => {
      over(false)(event);
      const file = event.dataTransfer.files[0];
      if (!file) return;
      if (this.run.can.encode) told(() => this.open(file))();
      else say("This model cannot say which latents an image has", true);
    });
  }

  // where the pane begins: an image of the data where it can be encoded, else a draw
  async start() {
    if (!this.run.can.decode) return;
    if (this.run.can.encode && this.run.images > 0) {
      await this.encode(1);
    } else {
      const {z} = await plain("begin", {run: this.number, seed: 1, count: 1});
      this.begin(z[0], "draw 1");
    }
  }

  // the latents of an image of the data, in all panes whose runs have as many images
  async begin_at(number) {
    for (const pane of this.mates()) {
      if (pane.run.images === this.run.images) await pane.encode(number);
    }
  }

  async encode(number) {
    const {z} = await plain("begin", {run: this.number, image: number});
    const all = await images("images", {run: this.number, index: [number]});
    await this.begin(z[0], `image ${number}`, paint(el("canvas"), all), number);
  }

  // the latents of an image file
  async open(file) {
    for (const pane of this.mates()) {
      const all = await pixels(file, pane.run.shape);
      const hex = Array.from(all.bytes, (v) => v.toString(16).padStart(2, "0")).join("");
      const {z} = await plain("begin", {run: pane.number, pixels: hex});
      await pane.begin(z[0], file.name, paint(el("canvas"), all));
    }
    say(`${file.name} was encoded`);
  }

  // the panes that begin together with this one
  mates() {
    return together ? panes.filter((pane) => pane === this || pane.run.can.encode) : [this];
  }

  // other latents, of what is called `where`; original: the canvas of the image that was encoded;
  // image: its number, where it is one of the data
  begin(z, where, original = null, image = 0) {
    this.z = this.first = z;
    Object.assign(this, {where, original, image});
    return this.update();
  }

  restart() { this.begin(this.first, this.where, this.original, this.image); }

  // a newer state of the run: what was not moved is encoded again, and latents may have another
  // order, unless somebody is at them
  renew() {
    if (!this.node.contains(document.activeElement)) this.views = new Map();
    return this.image && this.z === this.first ? this.encode(this.image) : this.update();
  }

  move(latent, v) {
    this.z = put(this.z, latent, v);
    this.update();
  }

  go(name) { show(name, true); }

  view() {
    const row = VIEWS.find(([name]) => name === current);
    if (!row[2](this.run)) {
      return {node: el("p", {class: "soft", text: "This run has no such view."}), update() {}};
    }
    if (!this.views.has(current)) this.views.set(current, row[3](this));
    return this.views.get(current);
  }

  update() {
    if (this.run.can.decode && !this.z) return undefined;
    const view = this.view();
    if (this.place.firstChild !== view.node) this.place.replaceChildren(view.node);
    return view.update();
  }
}

function tabs() {
  const list = VIEWS.filter(([, , has]) => panes.some((p) => has(p.run)));
  if (!list.some(([name]) => name === current)) current = list[0][0];
  const nodes = list.map(([name, title]) => el("button", {type: "button", role: "tab",
    id: "tab-" + name, "aria-controls": "panes", "aria-selected": String(name === current),
    tabindex: name === current ? 0 : -1, text: title, on: {click: () => show(name)}}));
  document.getElementById("tabs").replaceChildren(...nodes);
}

function show(name, focus = false) {
  current = name;
  const held = document.activeElement && document.activeElement.getAttribute("role") === "tab";
  tabs();
  const tab = document.getElementById("tab-" + current), main = document.getElementById("panes");
  main.setAttribute("role", "tabpanel");
  main.setAttribute("aria-labelledby", tab.id);
  if (held) tab.focus();
  else if (focus) main.focus();
  const row = tab.parentElement, before = tab.offsetLeft - row.offsetLeft;
  row.scrollLeft = Math.max(before + tab.offsetWidth - row.clientWidth,
    Math.min(row.scrollLeft, before));   // on a phone not all have room
  say("");   // what was said was of another view
  for (const pane of panes) pane.update();
}

document.getElementById("tabs").addEventListener("keydown", (event) => {
  const list = [...event.currentTarget.children], at = list.indexOf(document.activeElement);
  const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: list.length - 1}[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  list[(to + list.length) % list.length].click();
});

// the runs with these numbers, side by side
async function set_panes(numbers) {
  panes = numbers.map((n) => panes.find((p) => p.number === n) || new Pane(n));
  const main = document.getElementById("panes");
  main.replaceChildren(...panes.map((p) => p.node));
  main.classList.toggle("two", panes.length > 1);
  chooser();
  show(current);
  for (const pane of panes) if (!pane.z) await pane.start();   // what has no latents has no state
}

function chooser() {
  const place = document.getElementById("choice");
  if (runs.length < 2) return;
  const names = runs.map((run, i) => [i + 1, run.name]);
  const [one, other] = panes.map((p) => p.number);
  const change = told((...numbers) => set_panes(numbers.filter((n, i) =>
    n && numbers.indexOf(n) === i)));
  place.replaceChildren(
    choice("Run", names, one, (v) => change(Number(v), other)),
    choice("Beside", [[0, "none"], ...names.filter(([n]) => n !== one)], other || 0,
      (v) => change(one, Number(v))));
  if (panes.filter((pane) => pane.run.can.encode).length > 1) {
    const box = el("input", {type: "checkbox", checked: together,
      on: {change: () => { together = box.checked; }}});
    place.append(el("label", {}, box, "Same image in both"));
  }
}

// what the runs are, into the same tables as before
async function read() {
  const {runs: now, watch} = await plain("about");
  now.forEach((run, i) => { runs[i] = Object.assign(runs[i] || {}, run); });
  return watch;
}

// what a training has done since
async function follow() {
  const {runs: now} = await plain("status");
  if (now.some((state, i) => state.version !== runs[i].version)) await read();
  for (const pane of panes) {
    const {version, log} = now[pane.number - 1], newer = version !== pane.version;
    if (!newer && log === pane.log) continue;
    Object.assign(pane, {version, log});
    pane.tell();
    if (newer) await pane.renew();
    else if (current === "curves") await pane.update();
  }
}

async function look() {
  await told(follow)();
  setTimeout(look, EVERY);
}

told(async () => {
  const watch = await read();
  document.title = runs.length === 1 ? `${runs[0].name} – teasel explorer` : "teasel explorer";
  await set_panes(runs.length > 1 ? [1, 2] : [1]);
  say(watch ? "Following the training" : "Ready");
  if (watch) setTimeout(look, EVERY);
})();
