// The drawing canvas in the browser: pen, eraser, rectangles, labels, undo; run once by gr.HTML,
// which gives it `element`, `props`, `trigger` and `watch`.
const SIDE = 512;
const SENT_EVERY = 250; // milliseconds while a stroke is being drawn
const REMEMBERED = 40; // steps that can be undone
const SMALL = 0.6; // of the paper's side: a drawing below it is offered to be enlarged
const FILLED = 0.84; // of the side, when it is

const canvas = element.querySelector("canvas");
const pen = canvas.getContext("2d", { willReadFrequently: true });
const chips = element.querySelector(".dc-chips");
const slider = element.querySelector("input[type=range]");
const tools = { sketch: "pen", labels: "rectangle" }; // chosen, by kind
const sizes = { sketch: 5, labels: 24 };
const papers = {}; // by kind: what is drawn (null while it is on the canvas), and its past
let kind = null;
let colour = "#000000";
let palette = [];
let stroke = null; // {x, y, before} while the pointer is down
let sentAt = 0;
let timer = null;
const me = Math.random().toString(36).slice(2); // marks what this very canvas sent
let latest = null; // what it sent last
let arrivals = Promise.resolve(); // what the server sent is shown one after the other

const picture = () => pen.getImageData(0, 0, SIDE, SIDE);
const paper = () => papers[kind];

function show(name) {
  if (name !== kind) {
    finish();
    clearTimeout(timer); // else the other kind's drawing would be sent, which nobody touched
    timer = null;
    if (kind) paper().image = picture();
    kind = name;
    papers[kind] ??= { image: null, past: [], future: [], drawn: false };
    if (paper().image) pen.putImageData(paper().image, 0, 0);
    else wipe();
  }
  element.firstElementChild.dataset.kind = kind;
  slider.value = sizes[kind];
  mark();
}

function wipe() {
  pen.fillStyle = kind === "labels" && palette.length ? palette[0][1] : "#ffffff";
  pen.fillRect(0, 0, SIDE, SIDE);
}

function mark() {
  for (const button of element.querySelectorAll("[data-tool]"))
    button.setAttribute("aria-pressed", button.dataset.tool === tools[kind]);
  for (const chip of chips.children)
    chip.setAttribute("aria-pressed", chip.dataset.colour === colour);
  const box = kind === "sketch" && paper().drawn && drawn();
  element.querySelector("[data-do=fit]").hidden = !box || Math.max(box.w, box.h) > SMALL * SIDE;
  element.querySelector("[data-do=undo]").disabled = !paper().past.length;
  element.querySelector("[data-do=redo]").disabled = !paper().future.length;
}

// The box {x, y, w, h} around all that is drawn, or null.
function drawn() {
  const pixels = picture().data;
  let [left, top, right, bottom] = [SIDE, SIDE, -1, -1];
  for (let i = 0; i < SIDE * SIDE; i++) {
    if (pixels[4 * i] > 127) continue;
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return right < 0 ? null : { x: left, y: top, w: right - left + 1, h: bottom - top + 1 };
}

function remember(before) {
  paper().past.push(before);
  if (paper().past.length > REMEMBERED) paper().past.shift();
  paper().future = [];
  paper().drawn = true;
}

// ---- to and from the page

function store() {
  clearTimeout(timer);
  timer = null;
  latest = JSON.stringify({ kind, png: canvas.toDataURL("image/png"), by: me });
  props.value = latest;
}

function send() {
  sentAt = performance.now();
  store();
  trigger("input");
}

function sendSoon() {
  const wait = SENT_EVERY - (performance.now() - sentAt);
  if (wait <= 0) send();
  else timer ??= setTimeout(send, wait);
}

async function receive(text) {
  if (!text) return;
  const value = JSON.parse(text);
  if (value.by === me) {
    // A handler gave back what it was given, perhaps late: newer strokes win.
    if (text !== latest) props.value = latest;
    return;
  }
  if (value.palette) setPalette(value.palette);
  show(value.kind);
  if (!value.png || (value.keep && paper().drawn)) {
    if (value.keep) send(); // the page wants to know what is drawn already
    else if (paper().drawn) store(); // whoever reads the canvas next gets what it shows
    return;
  }
  const image = new Image();
  image.src = value.png;
  await image.decode();
  finish();
  const before = picture();
  pen.imageSmoothingEnabled = value.kind === "sketch";
  pen.drawImage(image, 0, 0, SIDE, SIDE);
  remember(before);
  mark();
  if (value.keep) send();
}

function arrive() {
  const text = props.value;
  arrivals = arrivals.then(() => receive(text)).catch(console.error);
}

function setPalette(found) {
  palette = found;
  chips.replaceChildren(
    ...palette.map(([name, hex]) => {
      const chip = document.createElement("button");
      const swatch = document.createElement("span");
      chip.type = "button";
      chip.dataset.colour = hex;
      swatch.style.background = hex;
      chip.append(swatch, name);
      return chip;
    }),
  );
  if (!palette.some(([, hex]) => hex === colour)) colour = (palette[2] ?? palette[0])[1];
}

// ---- what the tools do

// A disc without smoothed edges: labels are exact colours.
function disc(x, y, radius) {
  for (let dy = -radius; dy <= radius; dy++) {
    const half = Math.floor(Math.sqrt(radius * radius - dy * dy));
    pen.fillRect(x - half, y + dy, 2 * half + 1, 1);
  }
}

function line(from, to) {
  if (kind === "sketch") {
    const erasing = tools.sketch === "eraser";
    pen.strokeStyle = erasing ? "#ffffff" : "#000000";
    pen.lineWidth = sizes.sketch * (erasing ? 5 : 1);
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
    return;
  }
  pen.fillStyle = colour;
  const radius = Math.max(1, Math.round(sizes.labels / 2));
  const steps = Math.max(1, Math.ceil((3 * Math.hypot(to.x - from.x, to.y - from.y)) / radius));
  for (let i = 0; i <= steps; i++)
    disc(
      Math.floor(from.x + ((to.x - from.x) * i) / steps),
      Math.floor(from.y + ((to.y - from.y) * i) / steps),
      radius,
    );
}

// The pixel that a place lies in; beyond the paper, the last one.
const pixel = (v) => Math.min(SIDE - 1, Math.max(0, Math.floor(v)));

function rectangle(from, to) {
  pen.putImageData(stroke.before, 0, 0);
  pen.fillStyle = colour;
  const [left, right] = [from.x, to.x].map(pixel).sort((a, b) => a - b);
  const [top, bottom] = [from.y, to.y].map(pixel).sort((a, b) => a - b);
  pen.fillRect(left, top, right - left + 1, bottom - top + 1);
}

function fill(at) {
  const image = picture();
  const pixels = new Uint32Array(image.data.buffer);
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const wanted = new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0];
  const start = pixel(at.y) * SIDE + pixel(at.x);
  const old = pixels[start];
  const stack = old === wanted ? [] : [start];
  while (stack.length) {
    const i = stack.pop();
    if (pixels[i] !== old) continue;
    pixels[i] = wanted;
    if (i % SIDE) stack.push(i - 1);
    if ((i + 1) % SIDE) stack.push(i + 1);
    if (i >= SIDE) stack.push(i - SIDE);
    if (i < SIDE * (SIDE - 1)) stack.push(i + SIDE);
  }
  pen.putImageData(image, 0, 0);
}

function step(from, to) {
  const [source, target] = [paper()[from], paper()[to]];
  if (!source.length || stroke) return;
  target.push(picture());
  pen.putImageData(source.pop(), 0, 0);
  mark();
  send();
}

const actions = {
  undo: () => step("past", "future"),
  redo: () => step("future", "past"),
  clear: () => {
    finish();
    remember(picture());
    wipe();
    mark();
    send();
  },
  fit: () => {
    finish();
    const box = drawn();
    if (!box) return;
    const before = picture();
    const small = document.createElement("canvas");
    [small.width, small.height] = [box.w, box.h];
    small.getContext("2d").putImageData(before, -box.x, -box.y);
    const scale = (FILLED * SIDE) / Math.max(box.w, box.h);
    const [width, height] = [scale * box.w, scale * box.h];
    wipe();
    pen.imageSmoothingEnabled = true;
    pen.drawImage(small, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    remember(before);
    mark();
    send();
  },
  save: () => {
    const link = document.createElement("a");
    link.download = kind === "labels" ? "labels.png" : "drawing.png";
    link.href = canvas.toDataURL("image/png");
    link.click();
  },
};

// ---- hands on the canvas

function place(event) {
  const box = canvas.getBoundingClientRect();
  // Not held inside the paper: a line that leaves it must not run along its edge.
  return {
    x: ((event.clientX - box.left - canvas.clientLeft) * SIDE) / canvas.clientWidth,
    y: ((event.clientY - box.top - canvas.clientTop) * SIDE) / canvas.clientHeight,
  };
}

function down(event) {
  if (event.button || stroke) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  const at = place(event);
  stroke = { ...at, pointer: event.pointerId, start: at, before: picture() };
  if (tools[kind] === "fill") fill(at);
  else if (tools[kind] === "rectangle") rectangle(at, at);
  else line(at, at);
}

function move(event) {
  if (!stroke || event.pointerId !== stroke.pointer) return;
  if (tools[kind] === "fill") return;
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) {
    const at = place(each);
    if (tools[kind] === "rectangle") rectangle(stroke.start, at);
    else line(stroke, at);
    [stroke.x, stroke.y] = [at.x, at.y];
  }
  sendSoon();
}

function up(event) {
  if (!stroke || event.pointerId !== stroke.pointer) return;
  finish();
  send();
}

function finish() {
  if (!stroke) return;
  remember(stroke.before);
  stroke = null;
  mark();
}

canvas.addEventListener("pointerdown", down);
canvas.addEventListener("pointermove", move);
canvas.addEventListener("pointerup", up);
canvas.addEventListener("pointercancel", up);
window.addEventListener("keydown", function undoing(event) {
  if (!element.isConnected) return window.removeEventListener("keydown", undoing);
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  // The pointer over the canvas is enough, unless something else is being written in.
  const writing = document.activeElement?.matches("input:not([type=range]), textarea");
  if (!element.contains(document.activeElement) && (writing || !canvas.matches(":hover"))) return;
  event.preventDefault();
  (event.shiftKey ? actions.redo : actions.undo)();
});
slider.addEventListener("input", (event) => {
  event.stopPropagation();
  sizes[kind] = Number(slider.value);
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.tool) tools[kind] = button.dataset.tool;
  else if (button.dataset.do) actions[button.dataset.do]();
  else if (button.dataset.colour) colour = button.dataset.colour;
  mark();
});

show("sketch"); // something to draw on before the server says anything
arrive();
watch("value", arrive);
