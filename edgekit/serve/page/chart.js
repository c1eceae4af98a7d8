// Probability against threshold over five minutes. Where nobody could be judged there is a hatched
// band and no line: unknown is never drawn as low. Below, magnified: where in its newest window the
// MIL head of the model looked.

import { SPAN_S } from "./decisions.js";
import { colours, fit } from "./skeleton.js";
import { byId, hourAndMinute, write } from "./words.js";

const LEFT = 34;
const RIGHT = 12;
const TOP = 12;
const AXIS = 20; // height of the time labels
const STRIP = 30; // height of the attention bars
const FUNNEL = 16; // between axis and strip
const LABEL_EVERY_MS = 10000;
const LABEL_PX = 72;
const STRIP_FROM_PX = 150; // a lower chart has no room for it

export class Chart {
  #canvas = byId("chart");
  #decisions;
  #events;
  #labelledMs = -LABEL_EVERY_MS;

  constructor(decisions, events) {
    this.#decisions = decisions;
    this.#events = events;
  }

  /** Draw everything; called once a second, at each decision and after a resize. */
  draw(identity, isLinked) {
    const { context, width, height } = fit(this.#canvas);
    if (width === 0) return;
    const now = this.#decisions.now;
    const paint = colours(
      this.#canvas, "ink", "muted", "hair", "line", "over", "threshold", "band", "old", "attention",
    );
    const hasStrip = height >= STRIP_FROM_PX;
    const floor = height - AXIS - (hasStrip ? FUNNEL + STRIP : 0);
    const x = (t) => LEFT + ((t - (now - SPAN_S)) / SPAN_S) * (width - LEFT - RIGHT);
    const y = (p) => floor - p * (floor - TOP);
    const plot = { context, width, floor, x, y, paint, isLinked, threshold: identity?.threshold ?? null };
    context.font = `12px ${getComputedStyle(this.#canvas).fontFamily}`;
    grid(plot);
    if (now !== null) {
      const { lines, blind } = this.#decisions.pieces();
      context.save();
      context.beginPath();
      context.rect(LEFT, 0, width - LEFT - RIGHT, floor + AXIS);
      context.clip();
      blind.forEach((stretch) => drawBand(plot, stretch));
      lines.forEach((line) => drawLine(plot, line));
      this.#events.marks(identity?.boot_id).forEach((mark) => drawMark(plot, mark));
      context.restore();
      drawTimes(plot, now, this.#decisions.utcOffset);
    }
    drawThreshold(plot);
    if (hasStrip) drawAttention(plot, this.#decisions.newest, identity?.window_s ?? 0, height);
    this.#label(plot, isLinked);
  }

  #label({ threshold }, isLinked) {
    const p = this.#decisions.newest?.probability;
    const limit = threshold === null ? "" : ` · threshold ${threshold.toFixed(2)}`;
    const value = !isLinked ? "not known" : p === undefined ? "–" : p === null ? "cannot see" : p.toFixed(2);
    write(byId("chart-now"), `${value}${limit}`);
    const now = performance.now();
    if (now - this.#labelledMs < LABEL_EVERY_MS) return;
    this.#labelledMs = now;
    this.#canvas.setAttribute("aria-label", `Probability of the last five minutes; now ${value}${limit}`);
  }
}

function grid({ context, width, y, paint }) {
  context.strokeStyle = paint.hair;
  context.fillStyle = paint.muted;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const p of [0, 0.5, 1]) {
    const at = Math.round(y(p)) + 0.5;
    context.beginPath();
    context.moveTo(LEFT, at);
    context.lineTo(width - RIGHT, at);
    context.stroke();
    context.fillText(p === 0.5 ? "0.5" : String(p), LEFT - 8, at);
  }
}

function drawThreshold({ context, width, y, paint, threshold }) {
  if (threshold === null) return;
  context.strokeStyle = paint.threshold;
  context.lineWidth = 1.5;
  context.setLineDash([6, 4]);
  context.beginPath();
  context.moveTo(LEFT, y(threshold));
  context.lineTo(width - RIGHT, y(threshold));
  context.stroke();
  context.setLineDash([]);
}

function drawBand({ context, floor, x, paint }, [from, to]) {
  const [a, b] = [Math.max(x(from), LEFT), x(to)];
  if (b - a < 1) return;
  context.save();
  context.beginPath();
  context.rect(a, TOP, b - a, floor - TOP);
  context.clip();
  context.strokeStyle = paint.band;
  context.lineWidth = 2;
  for (let at = a - floor; at < b; at += 8) {
    context.beginPath();
    context.moveTo(at, floor);
    context.lineTo(at + floor, 0);
    context.stroke();
  }
  context.restore();
  if (b - a < 76) return;
  context.fillStyle = paint.muted;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.fillText("cannot see", (a + b) / 2, TOP + 4);
}

function drawLine({ context, floor, x, y, paint, isLinked, threshold }, line) {
  const trace = () => {
    context.beginPath();
    line.forEach((p, i) => (i ? context.lineTo(x(p.t), y(p.p)) : context.moveTo(x(p.t), y(p.p))));
  };
  const colour = isLinked ? paint.line : paint.old;
  trace();
  context.lineTo(x(line.at(-1).t), floor);
  context.lineTo(x(line[0].t), floor);
  context.globalAlpha = 0.12;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
  trace();
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.stroke();
  context.fillStyle = isLinked ? paint.over : paint.old;
  for (const p of line) {
    if (threshold !== null && p.p < threshold && line.length > 1) continue;
    context.beginPath();
    context.arc(x(p.t), y(p.p), 2.5, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawMark({ context, floor, x, paint }, { t_s, kind }) {
  const at = x(t_s);
  context.fillStyle = paint.over;
  context.globalAlpha = 0.5;
  context.fillRect(at - 0.5, TOP, 1, floor - TOP);
  context.globalAlpha = 1;
  context.beginPath();
  context.moveTo(at - 6, 1);
  context.lineTo(at + 6, 1);
  context.lineTo(at, TOP);
  context.fill();
  if (kind === "cluster") context.fillRect(at - 6, TOP + 2, 12, 2.5);
}

function drawTimes({ context, floor, x, paint }, now, offset) {
  context.fillStyle = paint.muted;
  context.textAlign = "center";
  context.textBaseline = "top";
  const nowUtc = now + offset;
  const stepS = x(60) - x(0) < LABEL_PX ? 120 : 60;
  for (let utc = Math.floor(nowUtc / stepS) * stepS; utc > nowUtc - SPAN_S; utc -= stepS) {
    const at = x(utc - offset);
    if (at < LEFT + LABEL_PX / 2) break;
    if (x(now) - at < LABEL_PX / 2) continue;
    context.fillText(hourAndMinute(utc), at, floor + 5);
  }
}

/** Bars under the chart, and a funnel from the newest window's place on the time axis. */
function drawAttention({ context, width, floor, x, paint, isLinked }, newest, windowS, height) {
  if (!newest?.attention?.length || !isLinked) return;
  const top = height - STRIP;
  const right = width - RIGHT;
  const [a, b] = [x(newest.t_s - windowS), Math.min(x(newest.t_s), right)];
  context.fillStyle = paint.attention;
  context.globalAlpha = 0.12;
  context.beginPath();
  context.moveTo(a, floor);
  context.lineTo(b, floor);
  context.lineTo(right, top);
  context.lineTo(right, height);
  context.lineTo(LEFT, height);
  context.lineTo(LEFT, top);
  context.closePath();
  context.fill();
  const most = Math.max(...newest.attention);
  const step = (right - LEFT) / newest.attention.length;
  newest.attention.forEach((weight, i) => {
    const share = most > 0 ? weight / most : 0;
    context.globalAlpha = 0.25 + 0.75 * share;
    const bar = Math.max(share * (STRIP - 2), 1);
    context.fillRect(LEFT + i * step, height - bar, Math.max(step - 1, 1), bar);
  });
  context.globalAlpha = 1;
  context.fillStyle = paint.ink;
  context.textAlign = "left";
  context.textBaseline = "bottom";
  context.fillText(`newest ${windowS.toFixed(1)} s: where the model looked`, LEFT + 2, top - 1);
}
