// Single-key shortcuts, the help dialog, and what closes a dialog.

import { byId } from "./words.js";

const KEY = "edgekit.keys";

const kept = () => {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
};

/** `actions` maps a key to what it does. */
export function listen(actions) {
  const isOn = byId("keys-on");
  isOn.checked = kept();
  isOn.onchange = () => localStorage.setItem(KEY, isOn.checked ? "on" : "off");
  addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.matches("input:not([type=range], [type=checkbox])");
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
    if (!isOn.checked || isTyping || !isPlain || document.querySelector("dialog[open]")) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  byId("help-open").onclick = openHelp;
  for (const button of document.querySelectorAll("[data-close]")) {
    button.onclick = () => button.closest("dialog").close();
  }
}

export function openHelp() {
  byId("help").showModal();
}

/** Nothing may lie over an alarm. */
export function closeDialogs() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}
