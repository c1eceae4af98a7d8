"""`edgekit serve`: the threads started, watched over, and ended in order."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from edgekit.errors import EdgekitError
from edgekit.serve.assembly import Parts, assemble, make_recorder
from edgekit.serve.http import addresses
from edgekit.serve.identity import log_to_stderr
from edgekit.serve.plan import Plan, make_plan
from edgekit.serve.settings import Given, load_settings
from edgekit.serve.stages import Stages
from edgekit.serve.systemd.notify import ALIVE, READY, STOPPING, notify, reloading
from edgekit.serve.systemd.watchdog import Watchdog

log = logging.getLogger("edgekit.daemon")

EXIT_HANGS = 70
"""A thread failed or hangs: whoever supervises the daemon starts it again."""
TURN_S = 0.5
END_S = 2.0
"""Each part has so long to end; systemd waits for ten seconds in all."""
_ENDING = {signal.SIGTERM, signal.SIGINT}
_SIGNALS = {*_ENDING, signal.SIGHUP}

Say = Callable[[str], None]


def run(plan: Plan, given: Given, *, say: Say) -> int:
    """Run until told to stop by SIGTERM or SIGINT; SIGHUP reads the settings again.

    Args:
        plan: What to do.
        given: The command line, which counts over the settings file at each reload.
        say: Takes what a person should read at the start, line by line.

    Raises:
        UsageError: The port, the state folder or a setting cannot be used.
    """
    log_to_stderr()
    _keep_signals_for_main()
    daemon = _Daemon(plan, given)
    daemon.start(say)
    is_restarting = daemon.attend()
    if not is_restarting:
        # Said before a new start, it would let systemd kill that start as overdue.
        notify(STOPPING)
    daemon.stop()
    if is_restarting:
        _start_again()
    return 0


def _keep_signals_for_main() -> None:
    """Let signals wait until the main thread asks for them; threads made later inherit the mask.

    Libraries that were loaded before have threads without it. A signal that the system hands to
    one of those would end the process at once: it is passed on instead.
    """
    main = threading.get_ident()
    for number in _SIGNALS:
        signal.signal(number, lambda caught, _frame: signal.pthread_kill(main, caught))
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


class _Daemon:
    """The main thread's own work."""

    def __init__(self, plan: Plan, given: Given) -> None:
        self._plan, self._given = plan, given
        names = ["store", "core", "watch", "http"]
        names += ["mqtt"] if plan.settings.mqtt.broker is not None else []
        self._watchdog = Watchdog(names)
        self._stages = Stages(self._watchdog)
        self._is_ending = threading.Event()
        self._parts = self._assemble()

    def _assemble(self) -> Parts:
        recorder, folder = make_recorder(self._plan)
        try:
            return assemble(self._plan, recorder, folder, self._watchdog.pulse("watch"))
        except BaseException:
            recorder.stop(END_S)
            raise

    def start(self, say: Say) -> None:
        """Listen, start the threads, and say where everything is."""
        parts = self._parts
        try:
            opened = parts.http.start()
        except BaseException:
            parts.recorder.stop(END_S)
            raise
        parts.recorder.start(self._watchdog.pulse("store"))
        self._stages.start("core", parts.core.run)
        self._stages.start("http", parts.http.run)
        if parts.link is not None:
            self._stages.start("mqtt", parts.link.run)
        parts.troubles.probation.start(parts.audit)
        self._stages.start("watch", lambda _pulse: parts.watcher.run(self._is_ending))
        for line in self._plan.summary():
            say(line)
        say(f"page      {opened.url}")
        if opened.fingerprint is not None:
            say(f"          certificate SHA-256 {opened.fingerprint}")
        if opened.first_token is not None:
            say(f"token     {opened.first_token}  (admin; shown this once)")
        say("research software, no medical device: never rely on it alone")
        notify(READY)

    def attend(self) -> bool:
        """Feed the watchdog until a signal ends it; True to start again with new settings."""
        probation = self._parts.troubles.probation
        while True:
            caught = _signal_within(TURN_S)
            if caught in _ENDING:
                return False
            if caught == signal.SIGHUP and self._reload():
                return True
            unwell = self._stages.unwell(self._status())
            if unwell:
                self._give_up(unwell)
            if probation.look(self._parts.live.snapshot, self._parts.audit):
                return True

    def stop(self) -> None:
        """End every part in order: first what watches, last what remembers."""
        parts, stages = self._parts, self._stages
        stages.stopping()
        parts.troubles.probation.end()
        self._is_ending.set()
        stages.join("watch", END_S)
        parts.core.stop()
        stages.join("core", END_S)
        if parts.link is not None:
            parts.link.stop(END_S)
        parts.http.stop(END_S)
        if not parts.recorder.stop(END_S):
            log.error("not everything could be written")

    def _status(self) -> str:
        snapshot = self._parts.live.snapshot
        if snapshot is None:
            return "starting"
        reasons = ", ".join(condition.value for condition in snapshot.conditions)
        return f"{snapshot.state.value}{f': {reasons}' if reasons else ''}"

    def _reload(self) -> bool:
        """Read the settings again, whole or not at all; True when the daemon must start anew."""
        notify(reloading(time.monotonic()))
        old, troubles = self._plan, self._parts.troubles
        try:
            settings = self._given.over(load_settings(old.settings_path))
            new = make_plan(settings, old.settings_path, speed=old.speed)
            if not old.self_test_error:
                new.refuse_failed_self_test()
            if settings.http.port != old.settings.http.port:
                addresses.listen(settings.http.host, settings.http.port).close()
        except EdgekitError as error:
            log.error("settings refused, the old ones stay: %s", error)  # noqa: TRY400 -- expected
            troubles.is_settings_refused = True
            self._parts.audit("SIGHUP", "settings refused", str(error))
            notify(READY)
            return False
        troubles.is_settings_refused = False
        self._parts.audit("SIGHUP", "settings reloaded", "")
        only_alarm = settings.model_copy(update={"alarm": old.settings.alarm}) == old.settings
        is_other = (new.bundle.folder, new.bundle_sha256) != (old.bundle.folder, old.bundle_sha256)
        if not only_alarm or is_other:
            log.info("settings reloaded: starting again with them")
            return True
        self._plan = replace(old, settings=settings, rules=new.rules)
        self._parts.core.new_rules(new.rules)
        log.info("settings reloaded: alarm rules changed")
        notify(READY)
        return False

    def _give_up(self, why: str) -> None:
        """End at once: a daemon that is half alive is worse than one that starts again."""
        self._parts.troubles.probation.give_up(why)
        log.critical("%s: ending, to be started again", why)
        sys.stderr.flush()
        os._exit(EXIT_HANGS)


def _signal_within(seconds: float) -> int | None:
    """Return the next signal, or None after so many seconds."""
    caught = signal.sigtimedwait(_SIGNALS, seconds)
    # After SIGSTOP and SIGCONT Python returns a record that nobody has filled in.
    return caught.si_signo if caught is not None and caught.si_signo in _SIGNALS else None


def _start_again() -> None:
    """Become a new daemon in the same process, with the same command line.

    It inherits the signal mask: an order to end that comes now waits until it can obey.
    """
    # The new start has the whole time until it must prove that it gets on.
    notify(ALIVE)
    os.execv(sys.executable, [sys.executable, "-m", "edgekit", *sys.argv[1:]])  # noqa: S606 -- itself
