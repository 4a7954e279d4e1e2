"""What starts runs by itself (S2): the clock, events of the bus, webhooks. Rules only, no AWS."""
