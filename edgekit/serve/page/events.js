// The event list, newest first. Opening an event replays its landmarks.

import * as session from "./session.js";
import { byId, decimals, make, when, whenRoughly, write } from "./words.js";

const PAGE = 20;
const NAMES = { spasm: "Possible spasm", cluster: "Cluster of spasms" };
const MAX_EVENTS = 500; // a page stays open for weeks
const AGAIN_MS = 250;

export class Events {
  #events = new Map();
  #hasMore = false;
  #timer = 0;
  #onOpen;
  /** Event number -> wall-clock seconds, for the alarm panel. */
  times = new Map();

  constructor(onOpen) {
    this.#onOpen = onOpen;
    byId("events-more").onclick = () => this.#load(Math.min(...this.#events.keys()));
  }

  /** Read the newest events; those already shown further down stay. */
  async refresh() {
    await this.#load(null);
    const tooOld = [...this.#events.keys()].sort((a, b) => b - a).slice(MAX_EVENTS);
    for (const id of tooOld) this.#events.delete(id);
    for (const id of this.times.keys()) if (!this.#events.has(id)) this.times.delete(id);
    this.#hasMore ||= tooOld.length > 0;
  }

  /** Begin again, as after a new connection: the store may be another one. */
  async restart() {
    this.#events.clear();
    this.times.clear();
    await this.refresh();
  }

  /** Where on the source's clock of this boot the events are, for the chart. */
  marks(bootId) {
    return [...this.#events.values()].filter((event) => event.stamp.boot_id === bootId);
  }

  /** Something has happened: read again soon, once for a burst of news. */
  refreshSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), AGAIN_MS);
  }

  async #load(beforeId) {
    const query = new URLSearchParams({ limit: PAGE });
    if (beforeId !== null) query.set("before_id", beforeId);
    try {
      const { events } = await session.get(`events?${query}`);
      if (beforeId !== null || events.length < PAGE || !this.#events.size) {
        this.#hasMore = events.length === PAGE;
      }
      if (beforeId === null && !events.some((e) => this.#events.has(e.event_id))) this.#events.clear();
      for (const event of events) {
        this.#events.set(event.event_id, event);
        this.times.set(event.event_id, event.stamp.utc_s);
      }
      write(byId("events-note"), this.#events.size ? "" : "No events.");
    } catch (error) {
      write(byId("events-note"), `The events could not be read. ${error.status ? error.message : ""}`);
    }
    this.#show();
  }

  #show() {
    const newestFirst = [...this.#events.values()].sort((a, b) => b.event_id - a.event_id);
    const focused = document.activeElement?.dataset?.event;
    byId("events").replaceChildren(...newestFirst.map((event) => this.#row(event)));
    byId("events-more").hidden = !this.#hasMore;
    if (focused) byId("events").querySelector(`[data-event="${CSS.escape(focused)}"]`)?.focus();
  }

  #row(event) {
    const by = acknowledgement(event);
    const row = make(
      "button",
      "event",
      make("span", "event-kind", NAMES[event.kind] ?? event.kind),
      make("span", "event-number number", `#${event.event_id}`),
      make("span", "event-time", when(event.stamp.utc_s)),
      make("span", "event-probability number", `p ${decimals(event.probability, 2)}`),
      make("span", event.acknowledged_utc_s === null ? "event-ack is-open" : "event-ack", by),
    );
    row.type = "button";
    row.dataset.event = event.event_id;
    row.dataset.kind = event.kind;
    row.onclick = () => this.#onOpen(event, by);
    return make("li", "", row);
  }
}

function acknowledgement(event) {
  if (event.acknowledged_utc_s === null) return event.is_escalated ? "Nobody has come" : "Not acknowledged";
  const by = event.acknowledged_by ? ` by ${event.acknowledged_by}` : "";
  return `Acknowledged${by}, ${whenRoughly(event.acknowledged_utc_s)}`;
}
