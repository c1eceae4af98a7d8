"""Running an exported model on the device, without torch."""
