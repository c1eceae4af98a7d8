// The alarm sounds, by oscillators, shaped after IEC 60601-1-8 (no conformity is claimed).
// Numbers: pulse lengths, spacings and intervals from the standard's tables 3 and 4 as reprinted in
// the register descriptions of TI's DAC53401 / DAC53701 alarm generators. The pitches are our own.

import { everyQuarter } from "./pulse.js";

/** Patient alarm: 10 pulses, 3 + 2 and again 3 + 2. */
export const HIGH = {
  pulseS: 0.12, // 80-150 ms
  gapS: 0.08, // 50-125 ms between the pulses of a group
  groupGapS: 0.28, // twice the gap and a pulse, between the third and the fourth
  halfGapS: 0.6, // 0.35-1.3 s, between the fifth and the sixth
  pauseS: 2.7, // 2.55-3.80 s from the end of a burst to the next
};
/** Technical alarm: 3 pulses. */
export const MEDIUM = { pulseS: 0.2, gapS: 0.18, pauseS: 3.2 }; // >= 130 ms, 2.60-4.00 s
/** A reminder: one soft double pulse. */
export const LOW = { pulseS: 0.18, gapS: 0.2, pauseS: 16 }; // every 16 s

const PATIENT_HZ = [740, 740, 740, 988, 988];
const TECHNICAL_HZ = [659, 523, 392];
// A fundamental of 150-1000 Hz with at least four harmonics within 15 dB: heard through a door, and
// by ears and small loudspeakers that miss one of them.
const HARMONICS = [0, 1, 0.6, 0.5, 0.4, 0.35];
const PEAK = 0.9;
const AHEAD_S = 1.5;

/** Return `[{atS, hz, lengthS, gain}]` from the start of a burst of ten pulses. */
export function tenPulses(pitches) {
  const pulses = [];
  let atS = 0;
  for (let i = 0; i < 10; i += 1) {
    pulses.push({ atS, hz: pitches[i % 5], lengthS: HIGH.pulseS, gain: 1 });
    const gap = i === 4 ? HIGH.halfGapS : i % 5 === 2 ? HIGH.groupGapS : HIGH.gapS;
    atS += HIGH.pulseS + gap;
  }
  return pulses;
}

const evenly = (pitches, shape, gain) =>
  pitches.map((hz, i) => ({ atS: i * (shape.pulseS + shape.gapS), hz, lengthS: shape.pulseS, gain }));

const endS = (pulses) => Math.max(...pulses.map((pulse) => pulse.atS + pulse.lengthS));
const pattern = (pulses, pauseS) => ({ pulses, periodS: endS(pulses) + pauseS });

const patientBurst = tenPulses(PATIENT_HZ);
const technicalBurst = evenly(TECHNICAL_HZ, MEDIUM, 0.8);

/** One pattern for each value of the state's `sound`. */
export const PATTERNS = {
  patient: pattern(patientBurst, HIGH.pauseS),
  technical_high: pattern(tenPulses([523, 523, 523, 392, 392]), HIGH.pauseS),
  technical_medium: pattern(technicalBurst, MEDIUM.pauseS),
  technical_low: pattern(evenly([523, 523], LOW, 0.3), LOW.pauseS),
  test: pattern(
    [...patientBurst, ...technicalBurst.map((p) => ({ ...p, atS: p.atS + endS(patientBurst) + 0.8 }))],
    HIGH.pauseS,
  ),
};

/** Plays one pattern at a time. `data-sounding` and `data-audio` on the body say what it does. */
export class Sound {
  #context = null;
  #wave = null;
  #name = null;
  #nextS = 0;
  #playing = new Set();
  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
    // When the tap is over, not while it lasts: the banner above goes away with it, and what lies
    // under the finger must not move between press and release, or the first tap would be lost.
    const unlock = () => setTimeout(() => void this.enable());
    for (const gesture of ["pointerup", "keyup"]) addEventListener(gesture, unlock, true);
    everyQuarter(() => this.#schedule());
    this.#open();
  }

  get canSound() {
    return this.#context?.state === "running";
  }

  /** Why it cannot, in words. */
  get reason() {
    if (!this.#context) return "This browser has no Web Audio.";
    return "The browser lets it sound only after a tap.";
  }

  /** Ask the browser to let this page sound; works only after a tap or key. */
  async enable() {
    if (this.#context?.state === "closed") this.#open();
    await this.#context?.resume().catch(() => undefined);
    this.#report();
  }

  /** Play the pattern of this name from its beginning, or nothing for null. */
  play(name) {
    const known = name === null || name in PATTERNS ? name : "technical_high";
    if (known === this.#name) return;
    this.#name = known;
    this.#silence();
    this.#schedule();
  }

  #open() {
    if (!("AudioContext" in globalThis)) return this.#report();
    this.#context = new AudioContext();
    this.#wave = this.#context.createPeriodicWave(
      new Float32Array(HARMONICS.length),
      new Float32Array(HARMONICS),
    );
    this.#context.onstatechange = () => {
      this.#silence();
      this.#schedule();
    };
    return this.#report();
  }

  #schedule() {
    if (this.#name && this.canSound) {
      const now = this.#context.currentTime;
      const { pulses, periodS } = PATTERNS[this.#name];
      if (this.#nextS < now) this.#nextS = now + 0.05;
      while (this.#nextS < now + AHEAD_S) {
        for (const pulse of pulses) this.#pulse(pulse, this.#nextS + pulse.atS);
        this.#nextS += periodS;
      }
    }
    this.#report();
  }

  #pulse({ hz, lengthS, gain }, startS) {
    const oscillator = new OscillatorNode(this.#context, { frequency: hz, periodicWave: this.#wave });
    const level = new GainNode(this.#context, { gain: 0 });
    const riseS = lengthS * 0.2; // 10-40 % of the pulse
    level.gain.setValueAtTime(0, startS);
    level.gain.linearRampToValueAtTime(PEAK * gain, startS + riseS);
    level.gain.setValueAtTime(PEAK * gain, startS + lengthS - riseS);
    level.gain.linearRampToValueAtTime(0, startS + lengthS);
    oscillator.connect(level).connect(this.#context.destination);
    oscillator.start(startS);
    oscillator.stop(startS + lengthS);
    oscillator.onended = () => this.#playing.delete(level);
    this.#playing.add(level);
  }

  #silence() {
    for (const level of this.#playing) level.disconnect();
    this.#playing.clear();
    this.#nextS = 0;
  }

  #report() {
    const { dataset } = document.body;
    dataset.audio = this.#context?.state ?? "none";
    dataset.sounding = this.canSound && this.#name ? this.#name : "";
    this.#onChange(this);
  }
}
