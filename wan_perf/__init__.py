"""wan_perf: how a retailer's WAN circuits perform, measured from the Juniper Mist Cloud."""
