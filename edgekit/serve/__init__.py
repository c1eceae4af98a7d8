"""The bedside daemon: watches, decides, alarms, keeps every event, and says when it cannot see.

    watch/      frames -> landmarks (a child process) -> windows -> decisions
    alarm/      the pure alarm core: `step(state, event, t_mono) -> (state, transitions)`
    health/     observations -> the conditions that make it DEGRADED or NOT MONITORING
    store/      SQLite: every transition committed before it is announced
    http/ page/ the JSON API, the live stream, the one page
    mqtt/       the outbox to a broker
    daemon.py   the threads, put together

Threads meet in two places only: the core's inbox (`core.py`) and the live state (`live.py`).
"""
