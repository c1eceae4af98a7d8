// Keeps the screen on while the page is in front, where the browser can.

let lock = null;

async function hold() {
  if (document.visibilityState !== "visible" || lock) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => (lock = null));
  } catch {
    lock = null; // low battery, or not allowed: the screen may go dark, the sound does not
  }
}

/** Hold it now, and again whenever the page comes back to the front. */
export function keepAwake() {
  if (!("wakeLock" in navigator)) return;
  document.addEventListener("visibilitychange", hold);
  void hold();
}
