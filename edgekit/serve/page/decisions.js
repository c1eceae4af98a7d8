// The decisions of the last five minutes, and where between them nobody could be judged.

export const SPAN_S = 300;
/** The device stores one quiet decision in five seconds, and sends each one live. */
const GAP_S = { stored: 12, live: 3 };

export class Decisions {
  #points = [];
  #arrivedMs = performance.now();
  newest = null;

  /** Take what the device has stored; it replaces everything. */
  load(rows) {
    this.#points = rows.map((row) => point(row, "stored"));
    this.newest = null;
    this.#arrivedMs = performance.now();
    // The stored ones say when they were made, so the newest may be old already.
    const last = rows.at(-1);
    if (last) this.#arrivedMs -= Math.max(Date.now() / 1000 - last.utc_s, 0) * 1000;
  }

  /** Take a live one. A clock that goes back is another run or recording: begin again. */
  add(row) {
    const last = this.#points.at(-1);
    if (last && row.t_s < last.t) this.#points = [];
    this.#points.push(point(row, "live"));
    this.newest = row;
    this.#arrivedMs = performance.now();
    const oldest = row.t_s - SPAN_S - GAP_S.stored;
    while (this.#points[0].t < oldest) this.#points.shift();
  }

  /** The time at the right edge, on the source's clock; null before the first. */
  get now() {
    const last = this.#points.at(-1);
    return last ? last.t + (performance.now() - this.#arrivedMs) / 1000 : null;
  }

  /** Wall-clock seconds minus the source's clock. */
  get utcOffset() {
    const last = this.#points.at(-1);
    return last ? last.utc - last.t : 0;
  }

  /** Lines `[[point, ...], ...]` of judged windows, and blind stretches `[[from, to], ...]`. */
  pieces() {
    const [lines, blind] = [[], []];
    let before = null;
    for (const p of this.#points) {
      const isApart = before && p.t - before.t > GAP_S[p.how === before.how ? p.how : "stored"];
      if (isApart) blind.push([before.t, p.t]);
      else if (before?.p === null) blind.push([before.t, p.t]);
      if (p.p !== null) {
        if (!before || before.p === null || isApart) lines.push([]);
        lines.at(-1).push(p);
      }
      before = p;
    }
    const now = this.now;
    if (before && (before.p === null || now - before.t > GAP_S[before.how])) blind.push([before.t, now]);
    return { lines, blind: joined(blind) };
  }
}

const point = (row, how) => ({ t: row.t_s, p: row.probability, utc: row.utc_s, how });

function joined(stretches) {
  const result = [];
  for (const [from, to] of stretches) {
    if (result.at(-1)?.[1] === from) result.at(-1)[1] = to;
    else result.push([from, to]);
  }
  return result;
}
