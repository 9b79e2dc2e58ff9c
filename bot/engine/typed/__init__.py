"""How typed words are read: rules and word tables only, no language model, no network, no clock."""
