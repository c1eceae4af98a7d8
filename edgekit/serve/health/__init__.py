"""What is wrong right now: reports of the watching side, and the device's own state, judged.

Pure judgement; every time is passed in. The one rule: what is not known to be well is blind.
"""
