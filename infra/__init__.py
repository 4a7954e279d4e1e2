"""How Runyard is packaged, deployed and run on one machine: template, IAM, bundle, front door,
local stack. It may read `chalicelib.settings`; nothing in `chalicelib` may import from here."""
