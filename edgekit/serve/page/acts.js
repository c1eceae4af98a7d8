// What a person can do here: acknowledge, pause, test. Buttons that the token, the link or the
// moment does not allow are disabled, and the page says why.

import { pauseLeftS } from "./alarms.js";
import * as session from "./session.js";
import { byId, write } from "./words.js";

const WHO_KEY = "edgekit.who";
const PAUSE_S = 120;
const NOTICE_MS = 8000;

let noticeTimer = 0;

export class Acts {
  #model;
  #busy = false;

  constructor(model) {
    this.#model = model;
    const who = byId("who");
    try {
      who.value = localStorage.getItem(WHO_KEY) ?? "";
      who.addEventListener("change", () => localStorage.setItem(WHO_KEY, who.value.trim()));
    } catch {
      // a browser without storage forgets the name
    }
    byId("acknowledge").onclick = () => this.acknowledgePatient();
    byId("technical-acknowledge").onclick = () => this.acknowledgeTechnical();
    byId("patient-pause").onclick = () => this.pause();
    byId("pause").onclick = () => this.pause();
    byId("pause-end").onclick = () => this.endPause();
    byId("test").onclick = () => this.test();
  }

  /** The patient alarm first; the technical ones when there is none. */
  acknowledge() {
    if (this.#model.snapshot?.patient) return this.acknowledgePatient();
    return byId("technical").hidden ? undefined : this.acknowledgeTechnical();
  }

  acknowledgePatient() {
    const patient = this.#model.snapshot?.patient;
    if (!patient) return undefined;
    return this.#do(() => session.post("alarms/patient/acknowledge", { event_id: patient.event_id, ...who() }));
  }

  acknowledgeTechnical() {
    return this.#do(() => session.post("alarms/technical/acknowledge", who()));
  }

  pause() {
    if (pauseLeftS(this.#model) > 0) return this.endPause();
    return this.#do(() => session.post("audio/pause", { seconds: PAUSE_S, ...who() }));
  }

  endPause() {
    return this.#do(() => session.remove("audio/pause"));
  }

  test() {
    return this.#do(() => session.post("test", who()));
  }

  /** Enable what is allowed now. */
  show() {
    const why = this.#whyNot();
    for (const button of document.querySelectorAll("[data-needs]")) {
      button.disabled = why !== "" || this.#busy;
      button.title = why;
      if (why) button.setAttribute("aria-describedby", "refused");
      else button.removeAttribute("aria-describedby");
    }
    byId("refused").hidden = why === "";
    write(byId("refused"), why);
    const isPaused = pauseLeftS(this.#model) > 0;
    byId("patient-pause").hidden = isPaused;
    write(byId("pause"), isPaused ? "Sound on now" : "Pause sound");
  }

  #whyNot() {
    if (!this.#model.isLinked) return "Not possible now: there is no link to the device.";
    if (session.may("ack")) return "";
    return "This token may only look. Sign in with one that may acknowledge.";
  }

  async #do(request) {
    if (this.#whyNot() || this.#busy) return notice(this.#whyNot());
    this.#busy = true;
    this.show();
    try {
      notice((await request()).text);
    } catch (error) {
      notice(failure(error), true);
    } finally {
      this.#busy = false;
      this.show();
    }
    return undefined;
  }
}

const who = () => {
  const name = byId("who").value.trim();
  return name ? { who: name } : {};
};

function failure(error) {
  if (error.status === 429) return `Too many requests: try again in ${error.retryAfterS || 5} s.`;
  if (error.status) return `Not done: ${error.message}`;
  return "Not known whether it was done: the device did not answer. Try again.";
}

/** Show one line under the controls for a while. */
export function notice(text, isProblem = false) {
  const line = byId("notice");
  if (!text) return;
  write(line, text);
  line.classList.toggle("problem", isProblem);
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => write(line, ""), NOTICE_MS);
}
