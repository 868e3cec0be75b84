"""Columns that identify and describe sites, gateways, ports and circuits."""

from wan_perf.schema.columns.column import Column, flag, instant, rate, text
from wan_perf.schema.values import SITE_KINDS

IDENTITY = (
    text("site_id", "Site as Mist identifies it."),
    text("site_name", "Name of the site."),
    text(
        "circuit_id",
        "The provider's service: the contract's id, else `<site_id>:<port>`, with the gateway's "
        "name between them where a site has several.",
    ),
    text("gateway_mac", "WAN edge device, 12 hexadecimal digits."),
    text("site_variables", "Values of the variables that the site's templates need, as JSON."),
    text("gateway_device_id", "Mist's own id of the gateway; calls for its history name it."),
    text("gateway_name", "Name of the gateway."),
    text("gateway_model", "Hardware model of the gateway."),
    text("software_version", "Version of the gateway's software."),
    text("port_id", "WAN interface of a gateway without its unit, such as ge-0/0/0."),
    text("circuit_port_id", "Port that names the circuit: its aggregate, else the port itself."),
    text("interface", "Logical interface over the port, such as pp0, where it is named otherwise."),
    text("wan_name", "Name of the WAN as configured on the port."),
    text("provider", "Company that provides the circuit."),
    text("medium", "How the circuit reaches the provider: broadband, dsl, lte, as configured."),
)

DESCRIPTION = (
    text(
        "site_groups",
        "Names of the site's groups, each between line breaks; in older rows between bars: "
        "|Region-West|Type-Express|.",
    ),
    text(
        "site_kind",
        "hub where a port of the site is the hub's end of a VPN, else store.",
        SITE_KINDS,
    ),
    text("region", "Group of sites used in reports; 'Unassigned' where no rule gives one."),
    text("store_type", "Kind of store; 'Unassigned' where no rule gives one."),
    text("country_code", "ISO 3166 country of the site."),
    text("time_zone", "IANA time zone of the site."),
    Column("latitude", "real", "Latitude of the site.", unit="deg", ge=-90, le=90),
    Column("longitude", "real", "Longitude of the site.", unit="deg", ge=-180, le=180),
    text("role", "primary or secondary, from evidence only; NULL without."),
    Column("role_rank", "integer", "Order of preference; 1 is primary.", ge=1, le=99),
    text(
        "role_source",
        "Where role and rank come from.",
        ("contract", "vpn_preference", "path_order", "lte_backup", "only_circuit"),
    ),
    flag("is_on_demand", "The circuit is brought up only when it is needed."),
    flag("is_configured", "A template or device profile configures the port as WAN."),
    flag("is_seen", "The gateway reports the port as WAN."),
    flag("is_disabled", "The port is administratively off."),
    flag(
        "is_in_service",
        "False: contracted, but no gateway at the site carries the circuit; it has no hours.",
    ),
    flag("is_aggregate", "The port is an aggregate (reth, ae) of ports that have rows too."),
    flag("is_redundant", "One member of the circuit stands in for another: nodes of a cluster."),
    flag("was_up", "The port is up, or has carried bytes since the gateway booted."),
    flag("is_lte_backup", "The template marks the port as LTE backup."),
    flag("is_hub_end", "The port is the hub's end of a VPN."),
    Column("vpn_preference", "integer", "Preference of the port's VPN path; lower is preferred."),
    Column("path_order", "integer", "Place of the port's WAN among ordered paths; 1 is first."),
    rate("port_speed_mbps", "Negotiated speed of the port; not the bought rate, 0 is unknown."),
    rate("shaped_up_mbps", "Transmit rate to which the template shapes the port."),
    rate("variable_down_mbps", "Download rate in the site's variable of the WAN's name."),
    rate("variable_up_mbps", "Upload rate in the site's variable of the WAN's name."),
    rate("tested_down_mbps", "Download rate of the port's best speed test of 30 days."),
    rate("tested_up_mbps", "Upload rate of the port's best speed test of 30 days."),
    rate("bandwidth_mbps", "Provisioned rate, download where there are two figures."),
    rate("bandwidth_up_mbps", "Provisioned upload rate; NULL where one figure is for both."),
    text(
        "bandwidth_source",
        "Where the provisioned rate comes from, of two directions the better source; speed_test is "
        "what was measured once, port_speed only an upper bound, import what an older tool knew.",
        ("contract", "site_variable", "shaping", "speed_test", "port_speed", "import"),
    ),
    text("contract_circuit_id", "Circuit id in the contract file."),
    rate("contract_down_mbps", "Download rate in the contract file."),
    rate("contract_up_mbps", "Upload rate in the contract file."),
    text("contract_role", "Role in the contract file."),
    Column("contract_role_rank", "integer", "Rank in the contract file; 1 is primary.", ge=1),
    text("contract_provider", "Provider in the contract file."),
    text("contract_medium", "Medium in the contract file."),
    instant("contract_valid_from", "First instant at which the contract holds; NULL: open."),
    instant("contract_valid_to", "First instant at which it no longer holds; NULL: open."),
    Column("contract_line", "integer", "Line of the contract file in which the row begins.", ge=1),
    flag("contract_on_demand", "The contract file says the circuit is used on demand."),
)
