"""Who and what is measured, over time: sites, circuits, their ports, roles and contracts."""
