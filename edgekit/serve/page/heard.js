// Which sound this page makes. With a link the device decides; without one the page does.

import { pauseLeftS } from "./alarms.js";

const ESCALATE_AFTER_S = 120;

/** Return the name of a pattern in sound.js, or null for silence. */
export function soundFor(model, lostS, isSilencedHere) {
  if (model.isLinked) return model.snapshot.sound;
  if (model.isLinked === null || isSilencedHere) return null;
  // A lost link must not hide a patient alarm that nobody is known to have acknowledged.
  if (model.snapshot?.patient && pauseLeftS(model) <= 0) return "patient";
  return lostS > ESCALATE_AFTER_S ? "technical_high" : "technical_medium";
}
