"""Node-graph workflows (S1): drafts, publishing, versions, and what of a run S1 shows. Rules, no AWS."""
