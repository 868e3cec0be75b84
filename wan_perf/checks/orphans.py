"""Rows that belong to nothing that is described: no circuit, no site, no port.

Belongs here: finding what no dimension knows at the time of the row.
Keep out: which circuits there are (`kpi.dimensions.circuit_identity`), and what is known of them
(`kpi.dimensions.sites_and_circuits`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.checks.declaration import Check, Tables
from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.policy.thresholds import Policy
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    DIM_CIRCUIT,
    DIM_SITE,
    RAW_GATEWAY_EVENT,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
)

_PROVIDER_KINDS = ("arp_unresolved", "arp_resolved", "dhcp_unresolved", "dhcp_resolved")


def _orphan_hours(tables: Tables, _: Policy) -> ir.Table:
    """Circuit-hours whose circuit or site is not described at the end of their hour."""
    stored = tables["circuit_hour"].select("hour", "circuit_id", "site_id")
    hours = stored.mutate(hour_end=stored.hour + ibis.interval(hours=1))
    without = [
        hours.anti_join(
            tables[name], [hours[of] == tables[name][of], in_force(tables[name], hours.hour_end)]
        ).mutate(lacks=ibis.literal(name))
        for of, name in (("circuit_id", "dim_circuit"), ("site_id", "dim_site"))
    ]
    return ibis.union(*without).drop("hour_end")


def _orphan_ports(tables: Tables, _: Policy) -> ir.Table:
    """Member ports whose circuit has no dimension row while they belong to it."""
    ports, circuits = tables["circuit_port"], tables["dim_circuit"]
    at_once = [
        ports.circuit_id == circuits.circuit_id,
        circuits.valid_to.isnull() | (circuits.valid_to > ports.valid_from),
        ports.valid_to.isnull() | (ports.valid_to > circuits.valid_from),
    ]
    orphans = ports.anti_join(circuits, at_once)
    return orphans.select("circuit_id", "gateway_mac", "port_id", "valid_from", "valid_to")


def _unknown_ports(tables: Tables, _: Policy) -> ir.Table:
    """Ports in samples of ports and ends of paths that no circuit owns in their hour.

    Ports that are down and without a path are unused and left out: nothing of them could count.
    """
    samples, paths = tables["raw_port_sample"], tables["raw_path_sample"]
    used = samples.filter(samples.is_up.fill_null(True))
    seen = ibis.union(
        *(
            rows.select("pass_at", "site_id", "gateway_mac", "port_id", source=ibis.literal(name))
            for name, rows in (("raw_port_sample", used), ("raw_path_sample", paths))
        )
    )
    by_port = seen.group_by(
        "site_id", "gateway_mac", "port_id", "source", hour=seen.pass_at.truncate("h")
    ).aggregate(rows=seen.count(), first_at=seen.pass_at.min(), last_at=seen.pass_at.max())
    return _without_circuit(by_port, tables["circuit_port"])


def _unknown_events(tables: Tables, _: Policy) -> ir.Table:
    """Ports in events of a provider's service that no circuit owns in their hour.

    Only these events imply a WAN port; events of LAN ports are no orphans.
    """
    events = tables["raw_gateway_event"]
    of_ports = events.filter(events.event_kind.isin(_PROVIDER_KINDS) & events.port_id.notnull())
    by_port = of_ports.group_by(
        *("site_id", "gateway_mac", "port_id", "event_name"), hour=of_ports.event_at.truncate("h")
    ).aggregate(
        rows=of_ports.count(), first_at=of_ports.event_at.min(), last_at=of_ports.event_at.max()
    )
    return _without_circuit(by_port, tables["circuit_port"])


def _without_circuit(rows: ir.Table, circuit_port: ir.Table) -> ir.Table:
    columns = ("gateway_mac", "valid_from", "valid_to")
    # A path calls a port by its interface (pp0), an event by either.
    names = ibis.union(
        circuit_port.select(*columns, name=circuit_port.port_id),
        circuit_port.select(*columns, name=circuit_port.interface),
    )
    owned = [
        rows.gateway_mac == names.gateway_mac,
        rows.port_id == names.name,
        names.valid_from < rows.hour + ibis.interval(hours=1),
        names.valid_to.isnull() | (names.valid_to > rows.hour),
    ]
    return rows.anti_join(names, owned)


ORPHAN_HOURS = Check(
    "circuits_and_sites_are_described",
    "Every circuit-hour's circuit and site are described at the end of the hour.",
    of=CIRCUIT_HOUR,
    beside=(DIM_CIRCUIT, DIM_SITE),
    offending=_orphan_hours,
    order=lambda t: (t.hour, t.circuit_id, t.lacks),
)
ORPHAN_PORTS = Check(
    "ports_have_a_circuit",
    "Every member port's circuit is described.",
    of=CIRCUIT_PORT,
    beside=(DIM_CIRCUIT,),
    offending=_orphan_ports,
    order=lambda t: (t.circuit_id, t.gateway_mac, t.port_id, t.valid_from),
)
UNKNOWN_PORTS = Check(
    "sampled_ports_have_a_circuit",
    "Every port that is up, or an end of a path, is of a circuit; what is of none counts nowhere.",
    of=RAW_PORT_SAMPLE,
    beside=(RAW_PATH_SAMPLE, CIRCUIT_PORT),
    offending=_unknown_ports,
    order=lambda t: (t.hour, t.gateway_mac, t.port_id, t.source),
)
UNKNOWN_EVENTS = Check(
    "ports_of_events_have_a_circuit",
    "Every port whose provider's service came or went is of a circuit; else the event counts not.",
    of=RAW_GATEWAY_EVENT,
    beside=(CIRCUIT_PORT,),
    offending=_unknown_events,
    order=lambda t: (t.hour, t.gateway_mac, t.port_id, t.event_name),
)
