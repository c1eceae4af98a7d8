// The state in words, as a picture and in colour: what a person at the bed may rely on.

import { byId, duration, icon, make, say, sentence, write } from "./words.js";

const FACES = {
  ARMED: { look: "is-armed", icon: "eye", title: "Watching", more: "" },
  DEGRADED: { look: "is-degraded", icon: "eye-limited", title: "Watching, with limits", more: "" },
  "NOT MONITORING": {
    look: "is-blind",
    icon: "eye-off",
    title: "Not watching",
    more: "A seizure would not be seen.",
  },
};
const UNKNOWN = {
  look: "is-unknown",
  icon: "unknown",
  title: "Not known",
  more: "This page cannot tell whether anybody is watching.",
};
const LOOKS = [...Object.values(FACES), UNKNOWN].map((face) => face.look);
const MAX_REASONS = 4;

let shown = null;
let reasonsKey = "";

/** Show `model.snapshot`, or that nothing is known. */
export function showState(model) {
  const face = (model.isLinked && FACES[model.snapshot?.state]) || UNKNOWN;
  if (face !== shown) change(face, model);
  write(byId("state-more"), model.isLinked === null ? connecting : moreOf(face, model));
  showReasons(model.isLinked ? (model.snapshot?.conditions ?? []) : []);
  write(byId("state-note"), noteOf(model));
}

const connecting = "Connecting. This page does not know yet whether anybody is watching.";

function change(face, model) {
  shown = face;
  document.body.classList.remove(...LOOKS);
  document.body.classList.add(face.look);
  byId("state-icon").setAttribute("href", `#i-${face.icon}`);
  write(byId("state-title"), face.title);
  if (model.isLinked !== null) say([face.title, face.more].filter(Boolean).join(". "));
}

function moreOf(face, model) {
  if (face !== FACES.ARMED && face !== FACES.DEGRADED) return face.more;
  const age = model.snapshot.decision_age_s;
  const at = model.identity?.is_live === false ? ", at a recording" : "";
  if (age === null) return `No decision yet${at}.`;
  return age < 2 ? `Looked just now${at}.` : `Looked ${duration(age)} ago${at}.`;
}

/** Every reason, and the cure of the most urgent: the others stand with the technical alarms. */
function showReasons(conditions) {
  const key = conditions.map((c) => c.condition).join();
  if (key === reasonsKey) return;
  reasonsKey = key;
  const rows = conditions.slice(0, MAX_REASONS).map((c, i) =>
    make(
      "li",
      c.is_blind ? "reason is-blinding" : "reason",
      icon(c.is_blind ? "eye-off" : "warning"),
      make(
        "span",
        "",
        make("strong", "", `${sentence(c.text)}.`),
        i === 0 ? make("span", "cure", ` ${c.cure}`) : "",
      ),
    ),
  );
  const left = conditions.length - rows.length;
  if (left > 0) rows.push(make("li", "reason", `and ${left} more`));
  byId("state-reasons").replaceChildren(...rows);
}

function noteOf({ identity, isLinked, snapshot }) {
  if (!identity || !isLinked) return "";
  if (snapshot?.problem) return `The device says: ${snapshot.problem}`;
  return identity.is_policy_tuned ? "" : "Alarm limits are untuned defaults.";
}
