// What the page asks its server, and how images that come back are drawn.

const EVERY = 200;   // milliseconds between two looks at what takes long

// an element with attributes, listeners under `on`, and children
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "on") {
      for (const [kind, f] of Object.entries(value)) made.addEventListener(kind, f);
    } else if (name === "text") {
      made.textContent = value;
    } else if (value !== undefined && value !== null && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children.filter((c) => c !== null && c !== undefined));
  return made;
}

// says something to those who see and those who listen
export function say(text, wrong = false) {
  const place = document.getElementById("status");
  place.textContent = text;
  place.classList.toggle("wrong", wrong);
}

// f, whose failure is told where everybody looks
export function told(f) {
  return async (...given) => {
    try {
      return await f(...given);
    } catch (problem) {
      say(problem.message, true);
      return undefined;
    }
  };
}

async function ask(name, fields) {
  let answer;
  try {
    answer = await fetch("/api/" + name, {method: "POST", body: JSON.stringify(fields),
      headers: {"Content-Type": "application/json"}});
  } catch {
    throw new Error("The server does not answer: has build/teasel explore ended?");
  }
  if (answer.ok) return answer;
  const problem = answer.status === 422 ? (await answer.json()).error : await answer.text();
  throw new Error(problem);
}

// a question that is answered by plain values
export async function plain(name, fields = {}) { return (await ask(name, fields)).json(); }

// one that is answered by images: {count, height, width, channels, bytes}
export async function images(name, fields) {
  const answer = await ask(name, fields);
  const [count, height, width, channels] = answer.headers.get("X-Images").split(" ").map(Number);
  return {count, height, width, channels, bytes: new Uint8Array(await answer.arrayBuffer())};
}

// one whose answer takes long: until it comes, `place` shows how far it is. null where `wanted`
// says that nobody waits any more.
export async function waited(name, fields, title, place, wanted = () => true) {
  const bar = el("progress", {max: 1, value: 0}), label = el("label", {class: "soft"}, title, bar);
  try {
    for (;;) {
      const answer = await plain(name, fields);
      if (!wanted()) return null;
      if (answer.of === undefined) return answer;
      bar.value = answer.done / answer.of;
      if (!label.isConnected) place.replaceChildren(label);
      await new Promise((next) => { setTimeout(next, EVERY); });
      if (!wanted()) return null;
    }
  } finally {
    label.remove();
  }
}

// one that is answered by a file, which the browser saves
export async function save(fields) {
  const answer = await ask("export", fields);
  const address = URL.createObjectURL(await answer.blob());
  const name = answer.headers.get("X-Name");
  el("a", {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  say("Saved as " + name);
}

// f, one call at a time: what is called meanwhile is called once more at the end, so that the
// newest state is drawn and no queue grows
export function newest(f) {
  let busy = false, again = false;
  return async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    do {
      again = false;
      await f();
    } while (again);
    busy = false;
  };
}

// the update of a view that draws what it has once for each state of the pane's run
export function each_state(pane, draw) {
  let shown = null;
  return async () => {
    if (shown === pane.version) return;
    shown = pane.version;
    await told(draw)();
  };
}

// draws image i of some on a canvas
export function paint(canvas, all, i = 0) {
  const {height, width, channels, bytes} = all;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  const to = image.data, size = height * width;
  let from = i * size * channels;
  for (let k = 0; k < size; k++, from += channels) {
    to[4 * k] = bytes[from];
    to[4 * k + 1] = bytes[channels === 1 ? from : from + 1];
    to[4 * k + 2] = bytes[channels === 1 ? from : from + 2];
    to[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// the images as canvases that are named label(i); those that can be chosen are buttons
export function tiles(all, label, choose) {
  return Array.from({length: all.count}, (_, i) => {
    const canvas = paint(el("canvas", choose ? {} : {role: "img", "aria-label": label(i)}), all, i);
    if (!choose) return canvas;
    return el("button", {type: "button", "aria-label": label(i), title: label(i),
      on: {click: () => choose(i)}}, canvas);
  });
}

// a number as it is read
export function digits(v, n = 3) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  if (Number.isInteger(v) && Math.abs(v) < 1e12) return String(v);
  if (v !== 0 && (Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3)) return v.toExponential(n - 1);
  return String(Number(v.toPrecision(n)));
}

// a labelled choice; options: [value, text] each
export function choice(title, options, chosen, change) {
  const made = options.map(([value, text]) =>
    el("option", {value, text, selected: String(value) === String(chosen)}));
  const select = el("select", {on: {change: () => change(select.value)}}, ...made);
  return el("label", {}, title, select);
}

export function button(text, f, given = {}) {
  return el("button", {type: "button", ...given, on: {click: told(f)}}, text);
}

// whole numbers from 1 to n, at random
export function some(n, count) {
  return Array.from({length: count}, () => 1 + Math.floor(Math.random() * n));
}
