// Light or dark: as the device says, or as chosen here. The dark colours are a style sheet of their
// own; choosing is changing when it applies.

import { byId } from "./words.js";

const KEY = "edgekit.theme";
const CHOICES = { auto: "(prefers-color-scheme: dark)", dark: "all", light: "not all" };
const NAMES = Object.keys(CHOICES);

export function startTheme(onChange) {
  let choice = "auto";
  try {
    choice = localStorage.getItem(KEY) ?? "auto";
  } catch {
    // a browser without storage follows the system
  }
  const apply = () => {
    if (!(choice in CHOICES)) choice = "auto";
    byId("dark").media = CHOICES[choice];
    byId("theme").textContent = `Theme: ${choice}`;
    onChange();
  };
  byId("theme").onclick = () => {
    choice = NAMES[(NAMES.indexOf(choice) + 1) % NAMES.length];
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // it lasts as long as the page
    }
    apply();
  };
  matchMedia(CHOICES.auto).addEventListener("change", onChange);
  apply();
}
