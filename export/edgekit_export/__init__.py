"""From a finished run to a gated bundle: fold, write, calibrate, quantise, gate, pack."""
