// Dots of the architecture flow: moving candidates, of which the true share is active.
//
// A dot has a place on a route, and knows the gate's decision about it. Dots of one colour are one SVG path, so a picture sets
// few attributes however many dots it has. The running sum of the rate decides which dot is active, as in systematic sampling,
// so any hundred dots show the true share.

import { svg } from "./stages.js";

const PX_PER_S = 110;
const FRAME_MS = 33;
const STEP_PX = 3;
const DOTS_UNKNOWN = 8; // per second, if nothing was timed
const MOST_STANDING = 600;

// Places along a route every STEP_PX, each visible or behind a box, and before or after the gate's decision.
function placesOn(points, boxes, decider) {
  const within = (b, x, y) => x >= b.x && x <= b.end && y >= b.y && y <= b.bottom;
  const places = [];
  let travelled = 0;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const length = Math.hypot(x1 - x0, y1 - y0);
    for (let at = 0; at < length; at += STEP_PX) {
      const [x, y] = [x0 + ((x1 - x0) * at) / length, y0 + ((y1 - y0) * at) / length];
      const seen = !Object.values(boxes).some((b) => within(b, x, y));
      places.push({ x, y, seen, decided: places.at(-1)?.decided || within(decider, x, y) });
    }
    travelled += length;
  }
  return { places, length: travelled };
}

export class Dots {
  constructor(group) {
    this.group = group;
    this.moves = false;
    group.dataset.moves = false;
    this.paths = Object.fromEntries(["candidate", "active", "dormant", "loss"].map((kind) => [kind, svg("path", { class: `dots ${kind}` }, group)]));
    this.alive = [];
    this.count = { active: 0, dormant: 0 }; // since the rate last changed
    this.sum = 0.5; // of the rate, since the last active dot
    this.owed = 0;
    this.born = 0;
  }

  place(layout) {
    const decider = layout.boxes.gate ?? layout.boxes.chance ?? layout.boxes.data;
    const places = ([name, points]) => [name, placesOn(points, layout.boxes, decider)];
    this.routes = Object.fromEntries(Object.entries(layout.routes).map(places));
  }

  // A still picture, or one of another arm, is filled anew; in a moving one, only new dots follow the new data.
  follow(flow, anew) {
    const changed = this.flow?.rate !== flow.rate;
    this.flow = flow;
    if (anew || (changed && !this.moves)) this.fill();
    else if (changed) this.count = { active: 0, dormant: 0 };
  }

  get perSecond() {
    return this.flow.dots ?? DOTS_UNKNOWN;
  }

  // Fill the routes as after a long time of flow.
  fill() {
    this.alive = [];
    this.count = { active: 0, dormant: 0 };
    const longest = Math.max(...Object.values(this.routes).map((route) => route.length));
    const apart = PX_PER_S / this.perSecond;
    for (let i = Math.min(MOST_STANDING, Math.ceil(longest / apart)); i > 0; i--) this.bear(i * apart);
    this.draw();
  }

  bear(distance) {
    if (this.flow.rate === null) return; // the gate's decisions are not known yet
    this.sum += this.flow.rate;
    const active = this.sum >= 1;
    if (active) this.sum -= 1;
    this.count[active ? "active" : "dormant"]++;
    const id = this.born++;
    const spread = [((id * 0.618034) % 1) - 0.5, ((id * 0.754878) % 1) - 0.5];
    const add = (route, kind, from = distance) => this.routes[route] && this.alive.push({ route, kind, distance: from, spread });
    add(active || !this.routes.dormant ? "all" : "dormant", active ? "active" : "dormant");
    add("scored", "scored");
    if (active) add("loss", "loss", distance - this.routes.all.length); // a loss returns after the training step
  }

  advance(elapsed_s) {
    for (const dot of this.alive) dot.distance += elapsed_s * PX_PER_S;
    this.alive = this.alive.filter((dot) => dot.distance < this.routes[dot.route].length);
    this.owed += elapsed_s * this.perSecond;
    for (; this.owed >= 1; this.owed--) this.bear(0);
    this.draw();
  }

  draw() {
    const d = { candidate: "", active: "", dormant: "", loss: "" };
    for (const dot of this.alive) {
      if (dot.distance < 0) continue;
      const place = this.routes[dot.route].places[Math.floor(dot.distance / STEP_PX)];
      if (!place?.seen) continue;
      const aside = dot.kind === "loss" || dot.kind === "scored";
      const kind = dot.kind === "scored" || (!aside && !place.decided) ? "candidate" : dot.kind;
      const [x, y] = dot.spread.map((spread, i) => [place.x, place.y][i] + spread * (aside ? 3 : 15));
      d[kind] += `M${x.toFixed(1)} ${y.toFixed(1)}h0`;
    }
    for (const [kind, path] of Object.entries(this.paths)) path.setAttribute("d", d[kind]);
    Object.assign(this.group.dataset, this.count);
  }

  // Start or stop moving.
  animate(moves) {
    if (moves === this.moves) return;
    this.moves = moves;
    this.group.dataset.moves = moves;
    cancelAnimationFrame(this.request);
    let last = null;
    const turn = (now) => {
      this.request = requestAnimationFrame(turn);
      if (last !== null && now - last < FRAME_MS) return;
      this.advance(last === null ? 0 : Math.min(0.2, (now - last) / 1000));
      last = now;
    };
    if (moves) this.request = requestAnimationFrame(turn);
  }
}
