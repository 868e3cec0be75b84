"""Every table, once: grain, key, how it is replaced, columns, and what its rows must satisfy.

Belongs here: which columns a table has and the formulas that its rows keep, a module a stage.
Keep out: what a column means (`schema.columns`), what a declaration can say
(`schema.declaration`), how rows are computed (`kpi`).
"""

from wan_perf.schema.declaration import Table
from wan_perf.schema.tables.dimensions import (
    CIRCUIT_PORT,
    DIM_CIRCUIT,
    DIM_CONTRACT,
    DIM_HOUR,
    DIM_POLICY,
    DIM_SITE,
)
from wan_perf.schema.tables.events import (
    FAILOVER_EVENT,
    FAILOVER_PIECE,
    FLAP_EVENT,
    THRESHOLD_PIECE,
    THRESHOLD_RUN,
)
from wan_perf.schema.tables.hour import CIRCUIT_HOUR, SITE_HOUR
from wan_perf.schema.tables.raw import (
    RAW_ALARM,
    RAW_CIRCUIT_HOUR,
    RAW_GATEWAY_EVENT,
    RAW_GATEWAY_STATUS,
    RAW_INVENTORY,
    RAW_PATH_SAMPLE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
    RAW_SITE_SLE,
    RAW_SLE_CLASSIFIER,
    RAW_SLE_GATEWAY,
    RAW_SLE_INTERFACE,
    RAW_SLE_METRIC,
)
from wan_perf.schema.tables.reports import (
    ACTIVE_ALERT,
    CHRONIC_OFFENDER,
    CURRENT_STATE,
    PRIMARY_VS_SECONDARY,
    TOP_OFFENDER,
    TREND,
)
from wan_perf.schema.tables.rollups import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HISTOGRAM,
    CIRCUIT_MONTH,
    CIRCUIT_MONTH_HISTOGRAM,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WEEK,
    REGION_PERIODS,
    SITE_PERIODS,
    SITE_TRADING_DAY,
)
from wan_perf.schema.tables.state import CIRCUIT_POLL, CIRCUIT_STATE, TELEMETRY_GAP
from wan_perf.schema.tables.views import (
    DRILLDOWN_CIRCUIT,
    DRILLDOWN_REGION,
    DRILLDOWN_SITE,
    ENGINEERING_VIEW,
    EXECUTIVE_OVERVIEW,
    TOP_OFFENDERS,
)
from wan_perf.schema.tables.windows import (
    CIRCUIT_WINDOW,
    REGION_WINDOW,
    SITE_WINDOW,
    TRAILING_WINDOWS,
)

__all__ = [
    "ACTIVE_ALERT",
    "CHRONIC_OFFENDER",
    "CIRCUIT_13_MONTH",
    "CIRCUIT_DAY",
    "CIRCUIT_HISTOGRAM",
    "CIRCUIT_HOUR",
    "CIRCUIT_MONTH",
    "CIRCUIT_MONTH_HISTOGRAM",
    "CIRCUIT_POLL",
    "CIRCUIT_PORT",
    "CIRCUIT_STATE",
    "CIRCUIT_TRADING_DAY",
    "CIRCUIT_WEEK",
    "CIRCUIT_WINDOW",
    "CURRENT_STATE",
    "DIM_CIRCUIT",
    "DIM_CONTRACT",
    "DIM_HOUR",
    "DIM_POLICY",
    "DIM_SITE",
    "DRILLDOWN_CIRCUIT",
    "DRILLDOWN_REGION",
    "DRILLDOWN_SITE",
    "ENGINEERING_VIEW",
    "EXECUTIVE_OVERVIEW",
    "FAILOVER_EVENT",
    "FAILOVER_PIECE",
    "FLAP_EVENT",
    "PRIMARY_VS_SECONDARY",
    "RAW_ALARM",
    "RAW_CIRCUIT_HOUR",
    "RAW_GATEWAY_EVENT",
    "RAW_GATEWAY_STATUS",
    "RAW_INVENTORY",
    "RAW_PATH_SAMPLE",
    "RAW_PORT_HISTORY",
    "RAW_PORT_SAMPLE",
    "RAW_SITE_SLE",
    "RAW_SLE_CLASSIFIER",
    "RAW_SLE_GATEWAY",
    "RAW_SLE_INTERFACE",
    "RAW_SLE_METRIC",
    "REGION_PERIODS",
    "REGION_WINDOW",
    "SITE_HOUR",
    "SITE_PERIODS",
    "SITE_TRADING_DAY",
    "SITE_WINDOW",
    "TABLES",
    "TELEMETRY_GAP",
    "THRESHOLD_PIECE",
    "THRESHOLD_RUN",
    "TOP_OFFENDER",
    "TOP_OFFENDERS",
    "TRAILING_WINDOWS",
    "TREND",
]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        *(RAW_INVENTORY, RAW_PORT_HISTORY, RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_GATEWAY_EVENT),
        RAW_GATEWAY_STATUS,
        RAW_ALARM,
        *(RAW_SLE_METRIC, RAW_SLE_CLASSIFIER, RAW_SLE_GATEWAY, RAW_SLE_INTERFACE),
        *(RAW_SITE_SLE, RAW_CIRCUIT_HOUR, TELEMETRY_GAP),
        *(DIM_SITE, DIM_CONTRACT, DIM_CIRCUIT, CIRCUIT_PORT, DIM_POLICY, DIM_HOUR),
        *(
            CIRCUIT_POLL,
            CIRCUIT_STATE,
            CIRCUIT_HOUR,
            SITE_HOUR,
            FLAP_EVENT,
            FAILOVER_PIECE,
            FAILOVER_EVENT,
        ),
        *(THRESHOLD_PIECE, THRESHOLD_RUN, CIRCUIT_WINDOW, CIRCUIT_DAY),
        *(CIRCUIT_HISTOGRAM, CIRCUIT_WEEK, CIRCUIT_MONTH_HISTOGRAM, CIRCUIT_MONTH),
        CIRCUIT_13_MONTH,
        *(CIRCUIT_TRADING_DAY, SITE_TRADING_DAY),
        *(SITE_WINDOW, REGION_WINDOW, *SITE_PERIODS.values(), *REGION_PERIODS.values()),
        *(CHRONIC_OFFENDER, TOP_OFFENDER, TREND, CURRENT_STATE, ACTIVE_ALERT),
        PRIMARY_VS_SECONDARY,
        *(EXECUTIVE_OVERVIEW, ENGINEERING_VIEW, TOP_OFFENDERS),
        *(DRILLDOWN_REGION, DRILLDOWN_SITE, DRILLDOWN_CIRCUIT),
    )
}
