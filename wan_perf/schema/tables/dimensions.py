"""Sites, circuits, ports, contracts, levels and hours, with their effective dates."""

from wan_perf.schema.declaration import Rule, Table

_VALIDITY = Rule(
    "valid_from_is_before_valid_to",
    "A row holds for some time.",
    lambda t: t.valid_from < t.valid_to,
)

DIM_SITE = Table(
    "dim_site",
    "One row per site and period in which its description did not change.",
    group="dimensions",
    key=("site_id", "valid_from"),
    required=("region", "store_type"),
    columns=(
        *("site_id", "site_name", "site_kind", "region", "store_type", "country_code"),
        *("time_zone", "latitude", "longitude", "valid_from", "valid_to"),
    ),
    own_rules=(_VALIDITY,),
)

DIM_CONTRACT = Table(
    "dim_contract",
    "One row per contract of the contract file and circuit that it is for, in the newest snapshot.",
    group="dimensions",
    key=("site_id", "gateway_mac", "circuit_port_id", "contract_valid_from"),
    nullable_key=("gateway_mac", "contract_valid_from"),
    required=("taken_at",),
    columns=(
        *("site_id", "gateway_mac", "circuit_port_id", "contract_valid_from", "contract_valid_to"),
        *("contract_circuit_id", "contract_down_mbps", "contract_up_mbps", "contract_role"),
        *("contract_role_rank", "contract_provider", "contract_medium", "contract_on_demand"),
        *("contract_line", "taken_at"),
    ),
)

DIM_CIRCUIT = Table(
    "dim_circuit",
    "One row per contracted or measured circuit, and period in which nothing of it changed.",
    group="dimensions",
    key=("circuit_id", "valid_from"),
    required=("site_id",),
    columns=(
        *("circuit_id", "site_id", "wan_name", "provider", "medium", "bandwidth_mbps"),
        *("bandwidth_up_mbps", "bandwidth_source", "role", "role_rank", "role_source"),
        *("is_on_demand", "is_disabled", "is_in_service", "valid_from", "valid_to"),
    ),
    own_rules=(_VALIDITY,),
)

CIRCUIT_PORT = Table(
    "circuit_port",
    "One row per circuit, member port and period.",
    group="dimensions",
    key=("circuit_id", "gateway_mac", "port_id", "valid_from"),
    columns=(
        *("circuit_id", "gateway_mac", "port_id", "interface", "is_aggregate", "port_speed_mbps"),
        *("valid_from", "valid_to"),
    ),
    own_rules=(_VALIDITY,),
)

DIM_POLICY = Table(
    "dim_policy",
    "One row per metric, severity, scope and period: the level in force.",
    group="dimensions",
    key=("metric", "severity", "scope", "scope_name", "valid_from"),
    required=("level",),
    columns=("metric", "severity", "scope", "scope_name", "level", "valid_from", "valid_to"),
    own_rules=(_VALIDITY,),
)

DIM_HOUR = Table(
    "dim_hour",
    "One row per UTC hour and time zone in which a site lies, and UTC.",
    group="dimensions",
    partition="hour",
    key=("hour", "time_zone"),
    columns=(
        *("hour", "time_zone", "utc_offset_minutes", "local_day", "local_hour", "local_iso_week"),
        *("local_month", "local_quarter", "is_weekend", "is_trading_hour", "trading_day"),
        "trading_hour_count",
    ),
)
