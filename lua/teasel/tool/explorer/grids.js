// Views of many images: traversals, samples of the prior, contents in the styles of others.
import {button, choice, digits, each_state, el, images, newest, plain, save, say, some, tiles, told}
  from "/ask.js";
import {title, value} from "/latents.js";

const FEW = 10;   // latents that are shown at first

export function traversals(pane) {
  const run = pane.run, list = el("div");
  let count = 8, all = run.latents.length <= FEW;
  const draw = newest(told(async () => {
    const z = pane.z, shown = all ? run.latents : run.latents.slice(0, FEW);
    while (list.children.length > shown.length) list.lastChild.remove();
    for (const [i, latent] of shown.entries()) {
      const whole = latent.kind === "categorical";
      const many = await images("traverse", {run: pane.number, z: [z], latent: latent.number,
        count});
      const at = (j) => whole ? j + 1
        : latent.from + (latent.to - latent.from) * j / (many.count - 1);
      const row = tiles(many, (j) => `${latent.name} = ${digits(at(j), 2)}`,
        (j) => pane.move(latent, at(j)));
      const now = value(z, latent);
      let near = 0;
      row.forEach((_, j) => { if (Math.abs(at(j) - now) < Math.abs(at(near) - now)) near = j; });
      row[near].classList.add("here");
      const strip = el("div", {class: "strip", role: "group", "aria-label": title(latent)},
        el("div", {class: "title"}, el("b", {text: latent.name}),
          ...(latent.follows || []).map((f) => el("div", {class: "soft", text: f}))),
        el("div", {class: "row"}, ...row));
      if (list.children[i]) {
        const before = [...list.children[i].querySelectorAll("button")];
        const focus = before.indexOf(document.activeElement);
        list.children[i].replaceWith(strip);
        if (focus >= 0 && row[focus]) row[focus].focus();
      } else {
        list.append(strip);
      }
    }
    say(`${shown.length} traversals from ${pane.where}`);
  }));
  const more = button(`All ${run.latents.length} latents`, () => {
    all = true;
    more.remove();
    return draw();
  });
  return {node: el("div", {}, el("div", {class: "tools"},
    choice("Columns", [[5, "5"], [8, "8"], [11, "11"]], count, (v) => {
      count = Number(v);
      draw();
    }), all ? null : more,
    button("Save PNG", () => save({run: pane.number, what: "strips", z: [pane.z]})),
    button("Save moving PNG", () => save({run: pane.number, what: "film", z: [pane.z]}))),
  el("p", {class: "soft", text: "Each row moves one latent through its range; the frame is where "
    + "it is now. Choose an image to go there."}), list), update: draw};
}

export function samples(pane) {
  const grid = el("div", {class: "images"});
  let seed = 1;
  async function draw() {
    const {z} = await plain("begin", {run: pane.number, seed, count: 24});
    const all = await images("decode", {run: pane.number, z});
    grid.replaceChildren(...tiles(all, (i) => `sample ${i + 1}`, (i) => {
      pane.begin(z[i], `sample ${i + 1} of seed ${seed}`);
      pane.go("latents");
    }));
    say(`24 samples of the prior, seed ${seed}`);
  }
  const number = el("input", {type: "number", min: 0, value: seed, on: {change: told(async () => {
    seed = Math.max(0, Math.round(Number(number.value)));
    await draw();
  })}});
  return {node: el("div", {}, el("div", {class: "tools"}, el("label", {}, "Seed", number),
    button("Next samples", () => {
      number.value = ++seed;
      return draw();
    })), el("p", {class: "soft", text: "Choose one to move its latents."}), grid),
  update: each_state(pane, draw)};
}

const SIDE = 6;   // images of a grid of swaps

export function swaps(pane) {
  const place = el("div", {class: "wide"});
  let contents = some(pane.run.images, SIDE), styles = some(pane.run.images, SIDE);
  async function draw() {
    const run = pane.number;
    const above = await images("images", {run, index: contents});
    const left = await images("images", {run, index: styles});
    const inner = tiles(await images("swap", {run, contents, styles}), (i) =>
      `content of image ${contents[i % SIDE]}, style of image ${styles[Math.floor(i / SIDE)]}`);
    const heads = tiles(above, (i) => `content: image ${contents[i]}`);
    const sides = tiles(left, (i) => `style: image ${styles[i]}`);
    place.replaceChildren(el("table", {class: "swap"},
      el("caption", {class: "soft", text: "Columns: contents. Rows: styles."}),
      el("tr", {}, el("td"), ...heads.map((c) => el("th", {scope: "col"}, c))),
      ...sides.map((c, i) => el("tr", {}, el("th", {scope: "row"}, c),
        ...inner.slice(i * SIDE, (i + 1) * SIDE).map((t) => el("td", {}, t))))));
    say("Contents in the styles of others");
  }
  return {node: el("div", {}, el("div", {class: "tools"},
    button("Other contents", () => {
      contents = some(pane.run.images, SIDE);
      return draw();
    }), button("Other styles", () => {
      styles = some(pane.run.images, SIDE);
      return draw();
    }), button("Save PNG", () => save({run: pane.number, what: "swaps", contents, styles}))), place),
  update: each_state(pane, draw)};
}
