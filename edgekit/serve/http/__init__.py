"""The page, the JSON API and the live stream: one port, and who may use it."""
