// The bedside page: one model, fed by the live stream, shown four times a second.

import { Acts, notice } from "./acts.js";
import { showPatient, showPause, showTechnical } from "./alarms.js";
import { Chart } from "./chart.js";
import { Decisions } from "./decisions.js";
import { Events } from "./events.js";
import { buildFigures, showFigures } from "./figures.js";
import { soundFor } from "./heard.js";
import { closeDialogs, listen, openHelp } from "./keys.js";
import { Live } from "./live.js";
import { everyQuarter } from "./pulse.js";
import { Replay } from "./replay.js";
import * as session from "./session.js";
import { LiveSkeleton } from "./skeleton.js";
import { Sound } from "./sound.js";
import { showState } from "./state.js";
import { startTheme } from "./theme.js";
import { keepAwake } from "./wake.js";
import { byId, duration, say, timeOfDay, write } from "./words.js";

const SILENCE_HERE_MS = 120000;

const model = {
  identity: null,
  snapshot: null,
  receivedMs: 0,
  /** null while connecting for the first time. */
  isLinked: null,
  lostWhy: "",
  eventTimes: new Map(),
  /** Seconds since the snapshot came. */
  get elapsedS() {
    return (performance.now() - this.receivedMs) / 1000;
  },
};

let silencedUntilMs = 0;

const decisions = new Decisions();
const skeleton = new LiveSkeleton();
const replay = new Replay();
const events = new Events((event, by) => void replay.open(event, by));
const chart = new Chart(decisions, events);
const acts = new Acts(model);
const sound = new Sound(showSound);
model.eventTimes = events.times;

const live = new Live({
  async start(signal) {
    const { device } = await session.refresh(signal);
    write(byId("device"), device || "edgekit");
    if (session.needsToken()) throw new session.ApiError(401, session.hasToken() ? "This token is not valid." : "");
    showSignedIn(true);
    model.identity = await session.get("identity", signal);
    decisions.load((await session.get("decisions?minutes=5", signal)).decisions);
    void events.restart();
    showIdentity(model.identity);
  },
  message(name, value) {
    TAKERS[name]?.(value);
  },
  link(isUp, why) {
    const isBack = isUp && model.isLinked === false;
    model.isLinked = isUp;
    model.lostWhy = why;
    document.body.dataset.link = isUp ? "up" : "lost";
    if (isUp) silencedUntilMs = 0;
    else closeDialogs();
    if (!isUp) say("Link lost. This page cannot tell whether anybody is watching.", true);
    if (isBack) say("The link is back.");
    show();
  },
  refused(error) {
    const wasLinked = model.isLinked !== null;
    model.isLinked = wasLinked ? false : null;
    model.lostWhy = error.message;
    document.body.dataset.link = wasLinked ? "lost" : "signed-out";
    write(byId("token-error"), error.message);
    showSignedIn(false);
    show();
  },
});

const TAKERS = {
  state(value) {
    model.snapshot = value;
    model.receivedMs = performance.now();
    byId("pulse").classList.toggle("is-beat");
    show();
  },
  pose(value) {
    skeleton.take(value);
  },
  decision(value) {
    decisions.add(value);
    chart.draw(model.identity, model.isLinked === true);
  },
  transition(value) {
    if (value.kind === "spasm" || value.kind === "cluster") {
      events.times.set(value.event_id, value.utc_s);
    }
    if (!value.is_stored) notice("The device could not store this event yet.", true);
    if (value.latch === "patient") events.refreshSoon();
  },
  lost({ n }) {
    notice(`This page was too slow and missed ${n} messages.`);
    events.refreshSoon();
  },
};

function show() {
  showState(model);
  showPatient(model, closeDialogs);
  showTechnical(model);
  showPause(model);
  showFigures(model);
  showLink();
  acts.show();
  skeleton.show(model.isLinked === true);
  sound.play(soundFor(model, live.silentS, performance.now() < silencedUntilMs));
  document.title = titleOf();
}

function showLink() {
  const isLost = model.isLinked === false;
  document.body.classList.toggle("is-lost", isLost);
  byId("lost").hidden = !isLost;
  const waiting = document.body.dataset.link === "signed-out" ? "Signed out" : "Connecting";
  write(byId("link-text"), isLost ? "Link lost" : model.isLinked ? "Live" : waiting);
  write(byId("clock"), timeOfDay(Date.now() / 1000));
  if (!isLost) return;
  write(byId("lost-detail"), `For ${duration(live.silentS)}. ${model.lostWhy} Trying again.`);
  const left = silencedUntilMs - performance.now();
  write(byId("lost-silence"), left > 0 ? `Silent for ${duration(left / 1000)}` : "Silence here for 2 min");
}

function titleOf() {
  const title = byId("state-title").textContent;
  const replayed = model.identity && !model.identity.is_live ? "REPLAY · " : "";
  const alarm = model.snapshot?.patient ? `ALARM: ${byId("patient-title").textContent} · ` : "";
  return `${alarm}${replayed}${title} · ${byId("device").textContent}`;
}

function showIdentity(identity) {
  const isReplay = !identity.is_live;
  byId("replay").hidden = byId("replay-chip").hidden = !isReplay;
  document.body.classList.toggle("is-replay", isReplay);
  write(byId("replay-source"), isReplay ? `Source: ${identity.source}` : "");
  const { name, scope } = session.current();
  const signed = name && session.hasToken() ? ` · signed in as ${name} (${scope})` : "";
  write(byId("about"), `edgekit ${identity.version} · ${identity.model}${signed}`);
  byId("sign-out").hidden = !session.hasToken();
}

function showSignedIn(isIn) {
  byId("signed-out").hidden = isIn;
  byId("bedside").hidden = !isIn;
  if (!isIn) byId("token").focus();
}

function showSound({ canSound, reason }) {
  byId("silent").hidden = canSound;
  write(byId("silent-why"), reason);
}

/** A page that has failed must not go on looking as it did. */
function fail() {
  live.stop();
  model.isLinked = false;
  model.lostWhy = "This page has failed: load it again.";
  byId("lost").hidden = false;
  write(byId("lost-detail"), model.lostWhy);
  document.body.classList.add("is-lost");
  document.body.dataset.link = "lost";
  sound.play("technical_medium");
}
// A browser's own notes, as of resizing, carry no error.
addEventListener("error", (event) => event.error && fail());
addEventListener("unhandledrejection", fail);

byId("sound-on").onclick = () => void sound.enable();
byId("lost-silence").onclick = () => {
  silencedUntilMs = performance.now() + SILENCE_HERE_MS;
  show();
};
byId("token-form").onsubmit = (event) => {
  event.preventDefault();
  session.signIn(byId("token").value, byId("token-keep").checked);
  byId("token").value = "";
  write(byId("token-error"), "");
  live.start();
};
byId("sign-out").onclick = () => {
  session.signOut();
  live.stop();
  location.reload(); // the only way to be sure that nothing of the session stays in memory
};

buildFigures();
startTheme(() => {
  chart.draw(model.identity, model.isLinked === true);
  skeleton.repaint();
});
listen({
  a: () => acts.acknowledge(),
  p: () => acts.pause(),
  t: () => acts.test(),
  "?": openHelp,
});
keepAwake();
everyQuarter(show);
setInterval(() => chart.draw(model.identity, model.isLinked === true), 1000);
new ResizeObserver(() => chart.draw(model.identity, model.isLinked === true)).observe(byId("chart"));
live.start();
