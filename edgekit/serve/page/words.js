// Times and numbers as people read them, and the one way in which text reaches the page.

const clock = new Intl.DateTimeFormat([], { hour: "numeric", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat([], {
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
});
const day = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric", month: "short" });

export const byId = (id) => document.getElementById(id);

/** Set text only when it differs, so that screen readers hear changes alone. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Make an element with a class and children; strings become text, never markup. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export const timeOfDay = (utcS) => clockWithSeconds.format(new Date(utcS * 1000));
export const hourAndMinute = (utcS) => clock.format(new Date(utcS * 1000));

/** "14:02:11" today, with the day before it otherwise. */
export function when(utcS) {
  const date = new Date(utcS * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? timeOfDay(utcS) : `${day.format(date)}, ${hourAndMinute(utcS)}`;
}

/** As `when`, to the minute. */
export function whenRoughly(utcS) {
  const date = new Date(utcS * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? hourAndMinute(utcS) : `${day.format(date)}, ${hourAndMinute(utcS)}`;
}

/** "8 s", "3 min 5 s", "2 h 10 min", "4 d 3 h". */
export function duration(seconds) {
  const s = Math.max(Math.floor(seconds), 0);
  if (s < 60) return `${s} s`;
  if (s < 600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** "1:05" for a countdown. */
export function countdown(seconds) {
  const s = Math.max(Math.ceil(seconds), 0);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

export const decimals = (value, n) => (value === null ? "–" : value.toFixed(n));

/** "no camera" -> "No camera". */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

let sayTimer = 0;

/** Tell screen readers: at once for alarms, politely for the rest. */
export function say(text, isUrgent = false) {
  const region = byId(isUrgent ? "say-now" : "say");
  if (!isUrgent) return write(region, text);
  // The same alarm twice is news twice: a region that does not change is not read.
  region.textContent = "";
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => write(region, text), 30);
  return undefined;
}
