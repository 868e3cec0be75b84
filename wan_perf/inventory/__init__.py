"""Who is measured: sites, gateways, WAN ports, and the contracts and bandwidth of circuits."""
