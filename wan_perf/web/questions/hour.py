"""One circuit-hour and everything that it was made from."""

from datetime import datetime, timedelta

from wan_perf.web.data import Data, Row
from wan_perf.web.questions import DIRECTIONS

_HOUR = timedelta(hours=1)


def circuit_hour(data: Data, circuit_id: str, hour: datetime) -> Row:
    """The row itself; empty where the circuit was not in service."""
    return data.first(
        f"SELECT *, {DIRECTIONS} FROM @circuit_hour:within WHERE circuit_id = ? AND hour = ?",
        [circuit_id, hour],
        within=(hour, hour + _HOUR),
    )


def states(data: Data, circuit_id: str, hour: datetime) -> list[Row]:
    """The states of the hour, end to end."""
    return data.rows(
        "SELECT * FROM @circuit_state:within WHERE circuit_id = ? AND started_at >= ? "
        "AND started_at < ? ORDER BY started_at",
        [circuit_id, hour, hour + _HOUR],
        within=(hour, hour + _HOUR),
    )


def port_samples(data: Data, circuit_id: str, hour: datetime) -> list[Row]:
    """The readings of the circuit's ports within the hour and 20 minutes on both sides."""
    return data.rows(
        """
        SELECT s.* FROM @raw_port_sample:within s JOIN @circuit_port p
          ON s.gateway_mac = p.gateway_mac AND s.port_id = p.port_id
        WHERE p.circuit_id = ? AND p.valid_from <= ? AND (p.valid_to IS NULL OR p.valid_to > ?)
          AND s.pass_at >= ? AND s.pass_at < ?
        ORDER BY s.sampled_at, s.gateway_mac, s.port_id, s.counter_source""",
        [circuit_id, hour, hour, *_reach(hour)],
        within=_reach(hour),
    )


def path_samples(data: Data, circuit_id: str, hour: datetime) -> list[Row]:
    """The polls of the circuit's peer paths within the hour, as the circuit's own figures."""
    return data.rows(
        "SELECT * FROM @circuit_poll:within WHERE circuit_id = ? AND pass_at >= ? AND pass_at < ? "
        "ORDER BY sampled_at",
        [circuit_id, hour, hour + _HOUR],
        within=(hour, hour + _HOUR),
    )


def history(data: Data, circuit_id: str, hour: datetime) -> list[Row]:
    """The hour as Mist's own history has it, of each port."""
    return data.rows(
        """
        SELECT h.* FROM @raw_port_history:within h JOIN @circuit_port p
          ON h.gateway_mac = p.gateway_mac AND h.port_id = p.port_id
        WHERE p.circuit_id = ? AND p.valid_from <= ? AND (p.valid_to IS NULL OR p.valid_to > ?)
          AND h.hour = ? ORDER BY h.gateway_mac, h.port_id""",
        [circuit_id, hour, hour, hour],
        within=(hour, hour + _HOUR),
    )


def gateway_events(data: Data, row: Row) -> list[Row]:
    """Events of the circuit's gateway within the hour and an hour on both sides."""
    return data.rows(
        "SELECT * FROM @raw_gateway_event WHERE gateway_mac = ? AND event_at >= ? "
        "AND event_at < ? ORDER BY event_at, event_name",
        [row["gateway_mac"], row["hour"] - _HOUR, row["hour"] + 2 * _HOUR],
    )


def _reach(hour: datetime) -> tuple[datetime, datetime]:
    beside = timedelta(minutes=20)
    return hour - beside, hour + _HOUR + beside
