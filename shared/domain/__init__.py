"""Pure decisions: values in, values out. No clock, no random, no input or output."""
