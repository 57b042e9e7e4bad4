// The view of sliders: an image that is drawn again while a latent moves.
import {button, digits, el, images, newest, paint, plain, save, say, tiles, told} from
  "/ask.js";

const STEPS = 120;   // of a slider
const MANY = 6;      // sliders that code little, from which on they are folded up

// what a latent is called, with the factor that it follows
export function title(latent) {
  return latent.follows ? `${latent.name}, ${latent.follows.join(", ")}` : latent.name;
}

// the value of a latent among z; of a categorical one its category
export function value(z, latent) {
  if (latent.kind !== "categorical") return z[latent.first - 1];
  let best = latent.first;
  for (let k = latent.first; k <= latent.last; k++) if (z[k - 1] > z[best - 1]) best = k;
  return best - latent.first + 1;
}

// z with another value of a latent
export function put(z, latent, v) {
  const moved = z.slice();
  if (latent.kind !== "categorical") {
    moved[latent.first - 1] = v;
  } else {
    for (let k = latent.first; k <= latent.last; k++) {
      moved[k - 1] = k - latent.first + 1 === v ? 1 : 0;
    }
  }
  return moved;
}

// the bytes of an image file in the size of the run's images, as {height, width, channels, bytes}
export async function pixels(file, [height, width, channels]) {
  const picture = await createImageBitmap(file), side = Math.min(picture.width, picture.height);
  const canvas = el("canvas", {width, height}), context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  const ratio = width / height;
  const w = Math.min(picture.width, side * ratio), h = w / ratio;   // the middle of it
  context.drawImage(picture, (picture.width - w) / 2, (picture.height - h) / 2, w, h, 0, 0, width,
    height);
  const rgba = context.getImageData(0, 0, width, height).data, out = [];
  for (let i = 0; i < rgba.length; i += 4) {
    if (channels === 1) out.push(0.299 * rgba[i] + 0.587 * rgba[i + 1] + 0.114 * rgba[i + 2]);
    else out.push(rgba[i], rgba[i + 1], rgba[i + 2]);
  }
  return {height, width, channels, bytes: Uint8Array.from(out, Math.round)};
}

// what latents are ordered by
const ORDER = {KL: "By their mean KL in nats. ", L_I: "By their L_I in nats. ",
  sd: "By the standard deviation of their codes. "};

function is_idle(run, latent) {
  return run.amount !== "sd" && latent.amount !== undefined && latent.amount < 0.1;
}

// a slider with its number, or the buttons of a category: {node, show}
function control(pane, latent, id) {
  const amount = latent.amount === undefined ? null : el("span", {class: "soft amount",
    text: `${pane.run.amount} ${digits(latent.amount, 3)}`});
  const idle = is_idle(pane.run, latent);
  const head = el("div", {class: "title"},
    el("label", {class: "name", for: id, id: id + "-name", text: latent.name}),
    latent.follows ? el("span", {class: "follows", text: latent.follows.join(", ")}) : null,
    amount);
  const kind = idle ? "slider idle" : "slider";
  if (latent.kind === "categorical") {
    const list = Array.from({length: latent.last - latent.first + 1}, (_, i) => el("button", {
      type: "button", role: "radio", text: String(i + 1),
      on: {click: () => pane.move(latent, i + 1)}}));
    const group = el("div", {class: "kinds", role: "radiogroup", "aria-labelledby": id + "-name"},
      ...list);
    group.addEventListener("keydown", (event) => {
      const by = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (!by) return;
      event.preventDefault();
      const now = (value(pane.z, latent) - 1 + by + list.length) % list.length;
      pane.move(latent, now + 1);
      list[now].focus();
    });
    return {node: el("div", {class: kind}, head, group), show() {
      const now = value(pane.z, latent);
      list.forEach((b, i) => {
        b.setAttribute("aria-checked", String(i + 1 === now));
        b.tabIndex = i + 1 === now ? 0 : -1;
      });
    }};
  }
  const step = (latent.to - latent.from) / STEPS;
  const range = el("input", {type: "range", id, min: latent.from, max: latent.to, step,
    on: {input: () => pane.move(latent, Number(range.value))}});
  if (latent.follows) range.setAttribute("aria-label", title(latent));
  const number = el("input", {type: "number", step: "any", "aria-label": `${latent.name}, value`,
    on: {change: () => {
      const v = Number(number.value);
      if (number.value !== "" && Math.abs(v) <= 1000) pane.move(latent, v);
      else number.value = digits(value(pane.z, latent));
    }}});
  return {node: el("div", {class: kind}, head, range, number), show() {
    const v = value(pane.z, latent);
    // the one that is dragged stays where the finger is
    if (document.activeElement !== range || Math.abs(range.value - v) > step) range.value = v;
    range.setAttribute("aria-valuetext", v.toFixed(2));
    if (document.activeElement !== number) number.value = digits(v);
  }};
}

export function view(pane) {
  const run = pane.run, drawn = el("canvas", {role: "img", "aria-label": "decoded image"});
  const original = el("canvas", {role: "img", "aria-label": "image that was encoded"});
  const beside = el("figure", {hidden: true}, original, el("figcaption"));
  const about = el("figcaption");
  const near = el("div", {class: "images"});
  let count = 0, encoded = null;   // what `original` shows
  const draw = newest(told(async () => {
    const all = await images("decode", {run: pane.number, z: [pane.z]});
    paint(drawn, all);
    drawn.dataset.drawn = String(++count);
  }));

  async function at_draw() {
    const seed = Math.floor(Math.random() * 1e6);
    const {z} = await plain("begin", {run: pane.number, seed, count: 1});
    pane.begin(z[0], `draw ${seed}`);
  }

  const tools = el("div", {class: "tools"});
  const number = el("input", {type: "number", min: 1, max: run.images, value: 1,
    "aria-label": "number of an image",
    on: {change: told(() => pane.begin_at(Math.min(run.images,
      Math.max(1, Math.round(number.value)))))}});
  if (run.can.encode && run.images > 0) {
    tools.append(el("label", {}, "Image", number), button("Another image", () => {
      number.value = 1 + Math.floor(Math.random() * run.images);
      return pane.begin_at(Number(number.value));
    }));
  }
  if (run.can.encode) {
    const input = el("input", {type: "file", accept: "image/*", on: {change: told(async () => {
      if (input.files[0]) await pane.open(input.files[0]);
    })}});
    tools.append(el("label", {class: "file"}, "Open a file", input));
  }
  tools.append(button("Draw from the prior", at_draw), button("Start again", () => pane.restart()));
  const nearest = button("Nearest images", async () => {
    say("Looking for the nearest images …");
    const {index} = await plain("nearest", {run: pane.number, z: [pane.z]});
    const all = await images("images", {run: pane.number, index});
    near.replaceChildren(...tiles(all, (i) => `image ${index[i]}`, run.can.encode
      ? told((i) => pane.begin_at(index[i])) : null));
    say(`${index.length} nearest images of ${Math.min(1000, run.images)}`);
  });

  const idle = run.latents.filter((l) => is_idle(run, l)).length;
  const few = idle >= MANY && idle < run.latents.length ? run.latents.length - idle
    : run.latents.length;   // in front: those that code little come last
  const controls = run.latents.map((l, i) => control(pane, l, `slider-${pane.id}-${i}`));
  const stage = el("div", {class: "stage"},
    el("div", {class: "views"}, beside, el("figure", {}, drawn, about)));
  const below = el("div", {class: "below"}, el("div", {class: "tools"},
    button("Save image", () => save({run: pane.number, what: "image", z: [pane.z]})),
    run.can.map ? nearest : null), near);
  const node = el("div", {}, tools, el("div", {class: "bench"},
    el("div", {class: "side"}, stage, below),
    el("div", {role: "group", "aria-label": "latents"},
      el("p", {class: "soft", text: ORDER[run.amount] || ""}),
      el("div", {class: "sliders"}, ...controls.slice(0, few).map((c) => c.node)),
      few < controls.length ? el("details", {}, el("summary", {text:
        `${idle} latents below 0.1 nats, which code little or nothing`}),
      el("div", {class: "sliders"}, ...controls.slice(few).map((c) => c.node))) : null)));

  return {node, update() {
    controls.forEach((c) => c.show());
    beside.hidden = !pane.original;
    if (pane.original && pane.original !== encoded) {   // not at each move of a slider
      encoded = pane.original;
      original.width = encoded.width;
      original.height = encoded.height;
      original.getContext("2d").drawImage(encoded, 0, 0);
      beside.querySelector("figcaption").textContent = pane.where;
    }
    about.textContent = pane.original ? "decoded" : pane.where;
    return draw();
  }};
}
