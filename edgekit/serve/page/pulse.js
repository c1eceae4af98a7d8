// The page's own clock tick, also in a hidden tab, where the timers of a page nearly stop.

const callbacks = [];
const beat = () => callbacks.forEach((callback) => callback());

const worker = new Worker(new URL("ticker.js", import.meta.url));
worker.onmessage = beat;
worker.onerror = () => setInterval(beat, 250);

/** Call back four times a second, for as long as the page lives. */
export function everyQuarter(callback) {
  callbacks.push(callback);
}
