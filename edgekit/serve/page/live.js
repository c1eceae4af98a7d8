// The live stream: server-sent events read with fetch (EventSource cannot carry a token), and the
// rule that matters most: within 3 s of the last fresh state this page knows nothing, and says so.

import * as session from "./session.js";
import { everyQuarter } from "./pulse.js";

/** Looked at four times a second, it leaves time to show and sound before 3 s are over. */
export const LOST_AFTER_S = 2.5;
const BACK_OFF_S = [0.5, 1, 2, 4, 8];
const FIRST_STATE_S = 6;

/** Split a stream of text into `[name, data]`; comments and unknown fields are dropped. */
export class EventParser {
  #rest = "";

  *push(text) {
    this.#rest += text;
    const blocks = this.#rest.split(/\r?\n\r?\n/);
    this.#rest = blocks.pop();
    for (const block of blocks) {
      let name = "message";
      const data = [];
      for (const line of block.split(/\r?\n/)) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
      }
      if (data.length) yield [name, data.join("\n")];
    }
  }
}

/**
 * Keeps the stream open. `on` holds: `start()` before each connection (may throw), `message(name,
 * value)`, `link(isUp, why)` at every change, `refused(error)` when a token is wanted.
 */
export class Live {
  #on;
  #abort = null;
  #wake = null;
  #isStopped = true;
  #lastStateMs = performance.now();
  #isUp = null;
  #openedMs = 0;
  #reason = "The device has fallen silent.";

  constructor(on) {
    this.#on = on;
    everyQuarter(() => this.#watch());
    for (const hint of ["online", "pageshow", "focus"]) addEventListener(hint, () => this.#wake?.());
  }

  /** Seconds since the last fresh state. */
  get silentS() {
    return (performance.now() - this.#lastStateMs) / 1000;
  }

  start() {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#lastStateMs = performance.now();
    this.#isUp = null;
    void this.#run();
  }

  stop() {
    this.#isStopped = true;
    this.#abort?.abort();
    this.#wake?.();
  }

  async #run() {
    for (let failures = 0; !this.#isStopped; failures += 1) {
      const before = this.#lastStateMs;
      let why = "The device ended the connection.";
      let askedS = 0;
      try {
        await this.#connect();
      } catch (error) {
        why = error.status ? error.message : "The device does not answer.";
        askedS = error.retryAfterS ?? 0;
        if (error.status === 401 || error.status === 403) {
          this.stop();
          this.#on.refused(error);
          return;
        }
      }
      if (this.#lastStateMs !== before) failures = 0;
      this.#reason = why;
      await this.#pause(Math.max(BACK_OFF_S[Math.min(failures, BACK_OFF_S.length - 1)], askedS));
    }
  }

  async #connect() {
    const abort = new AbortController();
    this.#abort = abort;
    this.#openedMs = performance.now();
    await this.#on.start(abort.signal);
    const answer = await session.openStream(abort.signal);
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const [name, data] of parser.push(decoder.decode(value, { stream: true }))) {
        this.#take(name, JSON.parse(data));
      }
    }
  }

  #take(name, value) {
    // The device says so itself when its core hangs; an old "watching" is never believed.
    const isStuck =
      name === "state" && value.age_s > LOST_AFTER_S && value.state !== "NOT MONITORING";
    if (isStuck) {
      this.#reason = `The device answers, but what it knows is ${Math.round(value.age_s)} s old.`;
    } else {
      this.#on.message(name, value);
      if (name === "state") this.#fresh();
    }
  }

  #fresh() {
    this.#reason = "The device has fallen silent.";
    this.#lastStateMs = performance.now();
    if (this.#isUp !== true) {
      this.#isUp = true;
      this.#on.link(true, "");
    }
  }

  #watch() {
    if (this.#isStopped || this.silentS < LOST_AFTER_S) return;
    if (this.#isUp !== false) {
      this.#isUp = false;
      this.#on.link(false, this.#reason);
    }
    // A half-open connection never ends by itself: begin again.
    const sinceOpened = (performance.now() - this.#openedMs) / 1000;
    if (sinceOpened > FIRST_STATE_S && this.silentS > FIRST_STATE_S) this.#abort?.abort();
  }

  #pause(seconds) {
    const jitter = 0.8 + 0.4 * Math.random(); // many pages must not come back in step
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, seconds * jitter * 1000);
    });
  }
}
