"""edgekit: possible infantile epileptic spasms from body landmarks, on the device.

Research software, no medical device. Importing edgekit needs NumPy only.
"""

__version__ = "0.1.0"
