// Layout of the architecture flow: the place of each stage, line and word, side by side or stacked on a narrow page.
//
// Lines and routes run behind the boxes from middle to middle, so only their parts between boxes are visible.

export const SIDE = {
  width: 1200,
  height: 516,
  row: 158,
  boxes: {
    data: [10, 100, 142, 116],
    significance: [206, 100, 158, 116],
    forward: [206, 306, 158, 88],
    gate: [418, 56, 216, 204],
    chance: [418, 100, 216, 116],
    controller: [418, 306, 216, 88],
    mask: [688, 100, 142, 116],
    reservoir: [688, 306, 142, 88],
    pack: [884, 100, 132, 116],
    step: [1064, 100, 130, 116],
    memory: [930, 306, 170, 88],
  },
};
const LOWER = 414; // y of the way back to the scores, below all boxes
const STACK = { width: 360, left: 10, full: 300, half: 140, right: 170, gap: 46, top: 172 };

export function layOut(frame, side) {
  const names = frame.stages.map((stage) => stage.name);
  return side ? sideBySide(frame, new Set(names)) : stacked(frame, new Set(names));
}

function box([x, y, w, h]) {
  return { x, y, w, h, cx: x + w / 2, cy: y + h / 2, bottom: y + h, end: x + w };
}

// Side by side

function sideBySide(frame, has) {
  const boxes = Object.fromEntries(Object.entries(SIDE.boxes).filter(([name]) => has.has(name)).map(([name, at]) => [name, box(at)]));
  const { data, mask, reservoir, step } = boxes;
  const row = SIDE.row;
  const along = ["data", "significance", "gate", "chance", "mask", "pack", "step"].filter((name) => has.has(name)).map((name) => boxes[name]);
  const lines = [
    { points: [[data.cx, row], [step.cx, row]], heads: along.slice(1).map((next) => [next.x, row, "right"]) },
  ];
  const routes = { all: [[data.cx, row], [step.cx, row]] };
  const labels = [label(frame.labels.candidates, (data.end + along[1].x) / 2, row - 14)];
  if (mask) {
    const end = reservoir ? reservoir.y : mask.bottom + 74;
    lines.push({ points: [[mask.cx, row], [mask.cx, end]], heads: reservoir ? [[mask.cx, end, "down"]] : [], kind: "dormant" });
    routes.dormant = [[data.cx, row], [mask.cx, row], [mask.cx, reservoir ? reservoir.cy : end]];
    labels.push(label(frame.labels.dormant, mask.cx + 14, mask.bottom + 34, "start"));
    labels.push(label(reservoir ? "skipped: they refill" : "skipped", mask.cx + 14, mask.bottom + 50, "start", "quiet"));
    labels.push(label(frame.labels.active, (mask.end + boxes.pack.x) / 2, row - 14));
  }
  const before = boxes.pack ?? data;
  if (boxes.pack || !mask) labels.push(label(frame.labels.batch, (before.end + step.x) / 2, row - 14));
  if (!boxes.pack) labels.shift();
  if (boxes.forward) forward(boxes, lines, routes, labels, boxes.significance.x + 54, boxes.significance.x + 104);
  if (boxes.gate) {
    const { gate, controller } = boxes;
    lines.push(...loop(gate, controller, gate.x + 52, gate.end - 52));
    lines.push({ points: [[reservoir.cx, controller.cy], [controller.end, controller.cy]], heads: [[controller.end, controller.cy, "left"]], kind: "control" });
    labels.push(label("mean p", gate.x + 60, gate.bottom + 28, "start", "quiet"), label("θ", gate.end - 44, gate.bottom + 28, "start", "quiet"));
    labels.push(label("r_set", (controller.end + reservoir.x) / 2, controller.cy - 10, "middle", "quiet"));
  }
  if (boxes.memory) {
    const { memory, significance } = boxes;
    const back = frame.refreshed
      ? [[180, LOWER], [180, row + 34], [significance.cx, row + 34]]
      : [[significance.cx, LOWER], [significance.cx, row]];
    const points = [[memory.end - 18, row], [memory.end - 18, memory.cy], [memory.cx, memory.cy], [memory.cx, LOWER], ...back];
    const entry = frame.refreshed ? [significance.x, row + 34, "right"] : [significance.cx, significance.bottom, "up"];
    lines.push({ points, heads: [[memory.end - 18, memory.y, "down"], entry], kind: "loss" });
    routes.loss = points;
    labels.push(label("losses return", 640, LOWER - 6, "middle", "quiet"));
  }
  return {
    width: SIDE.width, height: SIDE.height, boxes, lines, routes, labels,
    title: [[6, 24, "start"], [6, 44, "start"], [1194, 24, "end"], [1194, 44, "end"]], wrap: 200,
    key: has.has("gate") || has.has("chance") ? [12, 322] : [12, 262],
    cost: { x: 10, y: 442, names: 132, bars: 430, number: [1194, 474, "end"], words: [1194, 498, "end"] },
  };
}

function forward(boxes, lines, routes, labels, down, up) {
  const { significance, forward: pass } = boxes;
  lines.push({ points: [[down, significance.cy], [down, pass.cy]], heads: [[down, pass.y, "down"]] });
  lines.push({ points: [[up, pass.cy], [up, significance.cy]], heads: [[up, significance.bottom, "up"]], kind: "loss" });
  routes.scored = [[down, significance.cy], [down, pass.cy], [up, pass.cy], [up, significance.cy]];
  labels.push(label("loss", up + 10, (significance.bottom + pass.y) / 2 + 4, "start", "quiet"));
}

function loop(gate, controller, down, up) {
  return [
    { points: [[down, gate.cy], [down, controller.y]], heads: [[down, controller.y, "down"]], kind: "control" },
    { points: [[up, controller.cy], [up, gate.bottom]], heads: [[up, gate.bottom, "up"]], kind: "control" },
  ];
}

// Stacked: one or two boxes per row, only the rows that the arm has

function stacked(frame, has) {
  const { left, right, full, half, gap } = STACK;
  const boxes = {};
  let y = STACK.top;
  const row = (height, ...placed) => {
    const there = placed.filter(([name]) => has.has(name));
    for (const [name, x, w] of there) boxes[name] = box([x, y, w, height]);
    if (there.length) y += height + gap;
  };
  row(70, ["data", left, full]);
  row(116, ["significance", left, has.has("forward") ? half : full], ["forward", right, half]);
  row(204, ["gate", left, full]);
  row(84, ["chance", left, full]);
  row(116, ["mask", left, half], ["controller", right, half]);
  row(96, ["pack", left, has.has("gate") ? half : full], ["reservoir", right, half]);
  row(104, ["step", left, has.has("memory") ? half : full], ["memory", right, half]);
  const column = left + half / 2;
  const { data, mask, reservoir, step, significance, memory } = boxes;
  const along = ["significance", "gate", "chance", "mask", "pack", "step"].filter((name) => has.has(name)).map((name) => boxes[name]);
  const lines = [{ points: [[column, data.cy], [column, step.cy]], heads: along.map((next) => [column, next.y, "down"]) }];
  const routes = { all: [[column, data.cy], [column, step.cy]] };
  const beside = (text, above) => label(text, column + 12, above.bottom + 28, "start");
  const labels = [boxes.pack ? beside(frame.labels.candidates, data) : beside(frame.labels.batch, data)];
  if (boxes.pack) labels.push(beside(frame.labels.batch, boxes.pack));
  if (mask) {
    const turn = right - 10;
    const across = reservoir ? [[turn, mask.cy], [turn, reservoir.cy], [reservoir.cx, reservoir.cy]] : [[turn + 60, mask.cy]];
    lines.push({ points: [[column, mask.cy], ...across], heads: reservoir ? [[reservoir.x, reservoir.cy, "right"]] : [], kind: "dormant" });
    routes.dormant = [[column, data.cy], [column, mask.cy], ...across];
    labels.push(beside(frame.labels.active, mask));
    if (!reservoir) labels.push(label(frame.labels.dormant, turn + 70, mask.cy + 4, "start"));
  }
  if (boxes.forward) forwardBeside(boxes, lines, routes);
  if (boxes.gate) {
    const { gate, controller } = boxes;
    lines.push(...loop(gate, controller, controller.x + 36, controller.end - 36));
    lines.push({ points: [[reservoir.cx, reservoir.cy], [reservoir.cx, controller.bottom]], heads: [[reservoir.cx, controller.bottom, "up"]], kind: "control" });
    labels.push(label("mean p", controller.x + 30, gate.bottom + 28, "end", "quiet"), label("θ", controller.end - 28, gate.bottom + 28, "start", "quiet"));
    labels.push(label("r_set", reservoir.cx + 8, controller.bottom + 28, "start", "quiet"));
  }
  if (memory) {
    const points = [[column, step.cy], [memory.cx, memory.cy], [336, memory.cy], [336, significance.cy], [column, significance.cy]];
    lines.push({ points, heads: [[memory.x, memory.cy, "right"], [has.has("forward") ? boxes.forward.end : significance.end, significance.cy, "left"]], kind: "loss" });
    routes.loss = points;
  }
  return {
    width: STACK.width, height: y + 208, boxes, lines, routes, labels,
    title: [[left, 22, "start"], [left, 42, "start"], [left, 78, "start"], [left, 138, "start"]], wrap: 52,
    key: [left + 2, y - 18],
    cost: { x: left, y: y + 46, names: 0, bars: 130, number: [left, y + 174, "start"], words: [left, y + 196, "start"] },
  };
}

function forwardBeside(boxes, lines, routes) {
  const { significance, forward: pass } = boxes;
  const [over, under] = [pass.cy - 16, pass.cy + 16];
  lines.push({ points: [[significance.cx, over], [pass.cx, over]], heads: [[pass.x, over, "right"]] });
  lines.push({ points: [[pass.cx, under], [significance.cx, under]], heads: [[significance.end, under, "left"]], kind: "loss" });
  routes.scored = [[significance.cx, over], [pass.cx, over], [pass.cx, under], [significance.cx, under]];
}

function label(text, x, y, anchor = "middle", tone = "") {
  return { text, x, y, anchor, tone };
}

// A line through points with rounded corners.
export function rounded(points, radius = 12) {
  const [first, ...rest] = points;
  let d = `M${first[0]} ${first[1]}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    if (!next) {
      d += `L${point[0]} ${point[1]}`;
      return;
    }
    const enter = towards(point, i ? rest[i - 1] : first, radius);
    const leave = towards(point, next, radius);
    d += `L${enter[0]} ${enter[1]}Q${point[0]} ${point[1]} ${leave[0]} ${leave[1]}`;
  });
  return d;
}

function towards([x, y], [toX, toY], most) {
  const length = Math.hypot(toX - x, toY - y) || 1;
  const step = Math.min(most, length / 2) / length;
  return [x + (toX - x) * step, y + (toY - y) * step];
}

const HEADS = { right: "-7-4.5 7 4.5-7 4.5", left: "7-4.5-7 4.5 7 4.5", down: "-4.5-7 4.5 7 4.5-7", up: "-4.5 7 4.5-7 4.5 7" };

// An arrowhead whose tip touches a box.
export function head([x, y, direction]) {
  const steps = HEADS[direction].match(/-?[\d.]+/g).map(Number);
  return `M${x + steps[0]} ${y + steps[1]}L${x} ${y}L${x + steps[4]} ${y + steps[5]}`;
}
