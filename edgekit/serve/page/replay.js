// An event's skeleton, played back from its landmarks: play, pause, scrub.

import * as session from "./session.js";
import { drawSkeleton } from "./skeleton.js";
import { byId, decimals, when, write } from "./words.js";

export class Replay {
  #dialog = byId("replay-dialog");
  #canvas = byId("replay-canvas");
  #position = byId("replay-position");
  #frames = [];
  #fps = 30;
  #atS = 0;
  #playedMs = null;
  #eventId = null;

  constructor() {
    byId("replay-play").onclick = () => (this.#playedMs === null ? this.#play() : this.#pause());
    this.#position.oninput = () => {
      this.#pause();
      this.#seek(Number(this.#position.value) / this.#fps);
    };
    this.#dialog.onclose = () => {
      this.#pause();
      this.#frames = [];
      this.#eventId = null;
    };
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
  }

  close() {
    this.#dialog.close();
  }

  async open(event, acknowledgement) {
    const kind = event.kind === "cluster" ? "Cluster of spasms" : "Possible spasm";
    write(byId("replay-title"), `${kind}, event ${event.event_id}`);
    const limit = decimals(event.threshold, 2);
    write(
      byId("replay-facts"),
      `${when(event.stamp.utc_s)} · probability ${decimals(event.probability, 2)}, threshold ${limit} · ${acknowledgement}`,
    );
    this.#eventId = event.event_id;
    this.#take(null, event.has_landmarks ? "Loading" : "The landmarks were not kept");
    if (!this.#dialog.open) this.#dialog.showModal();
    if (!event.has_landmarks) return;
    const [clip, problem] = await fetched(event.event_id);
    if (this.#eventId !== event.event_id) return; // closed, or another was opened meanwhile
    this.#take(clip, problem);
    if (clip) this.#play();
  }

  #take(clip, note) {
    this.#pause();
    this.#frames = clip?.xyv ?? [];
    this.#fps = clip?.fps ?? 30;
    this.#position.max = Math.max(this.#frames.length - 1, 0);
    byId("replay-controls").hidden = this.#frames.length === 0;
    write(byId("replay-note"), note);
    this.#seek(0);
  }

  #play() {
    if (this.#index() >= this.#frames.length - 1) this.#atS = 0;
    this.#playedMs = performance.now();
    write(byId("replay-play"), "Pause");
    requestAnimationFrame((nowMs) => this.#step(nowMs));
  }

  #pause() {
    this.#playedMs = null;
    write(byId("replay-play"), "Play");
  }

  #step(nowMs) {
    if (this.#playedMs === null) return;
    const goneS = Math.max(nowMs - this.#playedMs, 0) / 1000;
    this.#playedMs = nowMs;
    this.#seek(this.#atS + goneS);
    if (this.#index() >= this.#frames.length - 1) this.#pause();
    else requestAnimationFrame((ms) => this.#step(ms));
  }

  #seek(seconds) {
    this.#atS = Math.min(seconds, Math.max(this.#frames.length - 1, 0) / this.#fps);
    const index = this.#index();
    this.#position.value = index;
    const endS = Math.max(this.#frames.length - 1, 0) / this.#fps;
    const text = `${this.#atS.toFixed(1)} of ${endS.toFixed(1)} s`;
    write(byId("replay-time"), text);
    this.#position.setAttribute("aria-valuetext", text);
    this.#draw();
  }

  #index() {
    return Math.min(Math.floor(this.#atS * this.#fps + 1e-6), this.#frames.length - 1);
  }

  #draw() {
    const frame = this.#frames[this.#index()] ?? null;
    drawSkeleton(this.#canvas, frame);
    if (!this.#frames.length) return;
    write(byId("replay-note"), frame?.some((point) => point !== null) ? "" : "Nobody in view");
  }
}

/** Return the clip, or null and why there is none. */
async function fetched(eventId) {
  try {
    const clip = await session.get(`events/${eventId}/landmarks`);
    return clip?.xyv?.length ? [clip, ""] : [null, "The landmarks were not kept"];
  } catch (error) {
    if (error.status === 404) return [null, "The landmarks were not kept"];
    return [null, error.status ? error.message : "The device does not answer"];
  }
}
