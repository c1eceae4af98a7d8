// The numbers, for whoever looks after the device.

import { byId, decimals, duration, make, write } from "./words.js";

const percent = (share) => (share === null ? "–" : `${Math.round(share * 100)} %`);
const blindShare = (s) => (s.uptime_s > 0 ? ` (${((100 * s.blind_s) / s.uptime_s).toFixed(1)}\u00a0%)` : "");

const FIGURES = [
  ["Pictures a second", (s, identity) => `${decimals(s.fps, 1)} of ${decimals(identity?.fps ?? null, 0)}`],
  ["Latency", (s) => (s.latency_ms === null ? "–" : `${Math.round(s.latency_ms)} ms`)],
  ["Last decision", (s) => (s.decision_age_s === null ? "none yet" : `${decimals(s.decision_age_s, 1)} s ago`)],
  ["Landmarks seen", (s) => percent(s.seen_share)],
  ["Running for", (s) => duration(s.uptime_s)],
  ["Blind since start", (s) => `${duration(s.blind_s)}${blindShare(s)}`],
  ["Pose restarts", (s) => String(s.n_child_restarts)],
  ["Rows waiting", (s) => String(s.n_waiting)],
];

const values = FIGURES.map(() => make("dd", "number", "–"));

export function buildFigures() {
  byId("figures").replaceChildren(
    ...FIGURES.map(([name], i) => make("div", "", make("dt", "", name), values[i])),
  );
}

export function showFigures({ snapshot, identity }) {
  if (!snapshot) return;
  FIGURES.forEach(([, read], i) => write(values[i], read(snapshot, identity)));
}
