"""Running under systemd: its notification socket, the watchdog, the hardened unit and its service.

Everything here works, and says so, where there is no systemd too.
"""
