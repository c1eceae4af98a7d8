// The two alarm panels. They are independent: a technical alarm never hides the patient's, and a
// lost link hides neither: the last known alarm stays until a fresh state says that it is over.

import { byId, countdown, duration, hourAndMinute, icon, make, say, sentence, timeOfDay, write } from "./words.js";

const RANK = { high: 0, medium: 1, low: 2, info: 3 };

let patientKey = "";
let announcedEvent = null;
let beganUtcS = null;
let technicalKey = "";
let knownTechnical = new Set();

/** Show or hide the patient alarm; `onNew` is called once for each new event. */
export function showPatient(model, onNew) {
  const patient = model.snapshot?.patient ?? null;
  byId("patient").hidden = patient === null;
  document.body.classList.toggle("has-patient-alarm", patient !== null);
  if (patient === null) {
    announcedEvent = null;
    patientKey = "";
    return;
  }
  const title = titleOf(patient, model);
  const key = `${patient.event_id} ${patient.is_escalated}`;
  write(byId("patient-title"), title);
  write(byId("patient-kicker"), patient.is_escalated ? "Patient alarm: nobody has come" : "Patient alarm");
  write(byId("patient-detail"), detailOf(patient, model));
  byId("patient").classList.toggle("is-escalated", patient.is_escalated);
  if (key !== patientKey) say(`${title}. ${patient.is_escalated ? "Nobody has acknowledged. " : ""}`, true);
  patientKey = key;
  if (patient.event_id !== announcedEvent) onNew(patient);
  announcedEvent = patient.event_id;
}

function titleOf(patient, model) {
  const n = patient.n_spasms;
  if (patient.kind !== "cluster") return n > 1 ? `Possible spasms: ${n}` : "Possible spasm";
  const beganUtc = began(patient, model.snapshot);
  const newest = model.eventTimes.get(patient.event_id);
  if (newest === undefined) return `Cluster of spasms: ${n} since ${hourAndMinute(beganUtc)}`;
  return `Cluster of spasms: ${n} in ${Math.max(Math.ceil((newest - beganUtc) / 60), 1)} min`;
}

/** When the alarm began: steady, although each state's own sum differs by parts of a second. */
function began(patient, snapshot) {
  const utc = snapshot.utc_s - patient.since_s;
  if (beganUtcS === null || Math.abs(beganUtcS - utc) > 2) beganUtcS = utc;
  return beganUtcS;
}

function detailOf(patient, model) {
  const since = timeOfDay(began(patient, model.snapshot));
  const ago = duration(patient.since_s + model.elapsedS);
  const stale = model.isLinked === false ? " · last known before the link was lost" : "";
  return `Since ${since} (${ago}) · event ${patient.event_id}${stale}`;
}

/** Show or hide the technical alarms, most urgent first. */
export function showTechnical(model) {
  const alarms = [...(model.snapshot?.technical ?? [])].sort(
    (a, b) => RANK[a.priority] - RANK[b.priority] || b.since_s - a.since_s,
  );
  const panel = byId("technical");
  panel.hidden = alarms.length === 0;
  document.body.classList.toggle("has-technical-alarm", alarms.length > 0);
  panel.classList.toggle("is-calling", alarms.some((a) => !a.is_acknowledged && RANK[a.priority] < 2));
  panel.classList.toggle("is-high", alarms.some((a) => !a.is_acknowledged && a.priority === "high"));
  byId("technical-acknowledge").hidden = alarms.every((a) => a.is_acknowledged);
  const key = JSON.stringify(alarms.map((a) => [a.condition, a.priority, a.is_acknowledged, a.is_escalated]));
  if (key !== technicalKey) byId("technical-list").replaceChildren(...alarms.map(rowOf));
  technicalKey = key;
  alarms.forEach((alarm, i) => {
    const since = byId("technical-list").children[i].querySelector(".since");
    write(since, duration(alarm.since_s + model.elapsedS));
  });
  announceTechnical(alarms);
}

function announceTechnical(alarms) {
  const fresh = alarms.filter((alarm) => !knownTechnical.has(alarm.condition));
  knownTechnical = new Set(alarms.map((alarm) => alarm.condition));
  if (fresh.length) {
    say(`Technical alarm: ${fresh.map((a) => `${a.text}. ${a.cure}`).join(" ")}`, RANK[fresh[0].priority] < 2);
  }
}

function rowOf(alarm) {
  const mark = alarm.is_acknowledged
    ? "acknowledged"
    : alarm.is_escalated
      ? "nobody has come"
      : `${alarm.priority} priority`;
  return make(
    "li",
    alarm.is_acknowledged ? "alarm is-acknowledged" : "alarm",
    icon("warning"),
    make(
      "div",
      "",
      make("p", "alarm-text", make("strong", "", sentence(alarm.text)), make("span", "mark", mark)),
      make("p", "cure", alarm.cure),
    ),
    make("span", "since number", ""),
  );
}

/** The countdown of an audio pause, which runs on here also when the link is lost. */
export function showPause(model) {
  const left = pauseLeftS(model);
  byId("paused").hidden = left <= 0;
  write(byId("pause-left"), countdown(left));
  byId("testing").hidden = !(model.isLinked && model.snapshot.test_left_s - model.elapsedS > 0);
}

export const pauseLeftS = (model) =>
  model.snapshot ? Math.max(model.snapshot.pause_left_s - model.elapsedS, 0) : 0;
