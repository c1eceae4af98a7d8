// The skeleton, drawn from MediaPipe's 33 landmarks; a picture never reaches this page.
// x is in image widths and y in image heights, and the device does not say how wide its picture is
// against its height: 4:3 is assumed, as most bedside cameras have it. A 16:9 picture then looks
// somewhat slim, which changes nothing but the looks.

import { byId, duration, write } from "./words.js";

export const ASPECT = 4 / 3;
const OLD_AFTER_S = 2;
const SEEN = 0.05; // fainter than this is not drawn

/** The bones of edgekit/skeleton.py, in its order. */
export const EDGES = [
  [0, 1], [1, 2], [2, 3], [3, 7], [0, 4], [4, 5], [5, 6], [6, 8], [9, 10], [0, 9], [0, 10],
  [11, 12], [11, 23], [12, 24], [23, 24], [0, 11], [0, 12],
  [11, 13], [13, 15], [15, 17], [15, 19], [15, 21], [17, 19],
  [12, 14], [14, 16], [16, 18], [16, 20], [16, 22], [18, 20],
  [23, 25], [25, 27], [27, 29], [27, 31], [29, 31],
  [24, 26], [26, 28], [28, 30], [28, 32], [30, 32],
];

const FIRST_BODY = 11;
const isFace = (v) => v < FIRST_BODY;
/** MediaPipe's order: from the shoulders down, odd is the person's left. */
const side = (v) => (v % 2 ? "left" : "right");

/** Make a canvas as sharp as the screen; returns its context and size in CSS pixels. */
export function fit(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = globalThis.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** Read the theme's colours once for each drawing. */
export function colours(canvas, ...names) {
  const style = getComputedStyle(canvas);
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Draw one skeleton, `[[x, y, visibility] | null] x 33`, or an empty stage for null. */
export function drawSkeleton(canvas, xyv, isOld = false) {
  const { context, width, height } = fit(canvas);
  if (!xyv || width === 0) return;
  const paint = colours(canvas, "left", "right", "middle", "old");
  const colour = (name) => (isOld ? paint.old : paint[name]);
  const place = ([x, y]) => [x * width, y * height];
  const unit = Math.max(width / 320, 1);
  context.lineCap = "round";
  for (const [a, b] of EDGES) {
    const [p, q] = [xyv[a], xyv[b]];
    if (!p || !q || Math.min(p[2], q[2]) < SEEN) continue;
    const isThin = isFace(a) || isFace(b);
    context.globalAlpha = 0.15 + 0.85 * Math.min(p[2], q[2], 1);
    context.strokeStyle = colour(isThin || side(a) !== side(b) ? "middle" : side(a));
    context.lineWidth = (isThin ? 1.5 : 4) * unit;
    context.beginPath();
    context.moveTo(...place(p));
    context.lineTo(...place(q));
    context.stroke();
  }
  xyv.forEach((p, v) => {
    if (!p || p[2] < SEEN) return;
    context.globalAlpha = 0.15 + 0.85 * Math.min(p[2], 1);
    context.fillStyle = colour(isFace(v) ? "middle" : side(v));
    context.beginPath();
    context.arc(...place(p), (isFace(v) ? 1.8 : 3.6) * unit, 0, 2 * Math.PI);
    context.fill();
  });
  context.globalAlpha = 1;
}

/** The live one: newest pose wins, drawn with the screen, grey once it is old. */
export class LiveSkeleton {
  #canvas = byId("skeleton");
  #xyv = null;
  #seenMs = null;
  #poseMs = null;
  #isDrawn = true;
  isOld = true;

  constructor() {
    new ResizeObserver(() => this.#want()).observe(this.#canvas);
  }

  take({ xyv }) {
    this.#poseMs = performance.now();
    if (xyv.some((point) => point !== null)) {
      this.#xyv = xyv;
      this.#seenMs = this.#poseMs;
    }
    this.#want();
  }

  /** Say how old it is; `isLinked` false makes anything old. */
  show(isLinked) {
    const now = performance.now();
    const ageS = this.#seenMs === null ? null : (now - this.#seenMs) / 1000;
    const isOld = !isLinked || ageS === null || ageS > OLD_AFTER_S;
    this.#canvas.parentElement.classList.toggle("is-old", isOld);
    if (isOld !== this.isOld) this.#want();
    this.isOld = isOld;
    const isAnswering = this.#poseMs !== null && now - this.#poseMs < OLD_AFTER_S * 1000;
    write(byId("skeleton-age"), ageS === null ? "" : isOld ? `${duration(ageS)} old` : "live");
    write(byId("skeleton-note"), noteOf(isOld, isLinked, isAnswering, ageS));
    const label = isOld ? "Skeleton, not live" : "Live skeleton of the person in view";
    if (this.#canvas.ariaLabel !== label) this.#canvas.setAttribute("aria-label", label);
  }

  /** Draw again, as after a change of colours. */
  repaint() {
    this.#want();
  }

  #want() {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => {
      this.#isDrawn = true;
      drawSkeleton(this.#canvas, this.#xyv, this.isOld);
    });
  }
}

function noteOf(isOld, isLinked, isAnswering, ageS) {
  if (!isOld) return "";
  if (!isLinked) return ageS === null ? "No skeleton" : "Last known";
  if (isAnswering) return "Nobody in view";
  return ageS === null ? "No skeleton yet" : `No skeleton for ${duration(ageS)}`;
}
