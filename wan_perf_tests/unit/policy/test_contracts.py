"""The contract file: what it may look like, and what is refused."""

from datetime import datetime
from pathlib import Path

import pytest

from wan_perf.errors import UsageError
from wan_perf.policy.contracts import CONTRACT_COLUMNS, ROLE_WORDS, read_contracts


def written(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    file = path / "circuits.csv"
    file.write_text("\n".join(lines), encoding=encoding)
    return file


def test_a_full_row(tmp_path: Path) -> None:
    row = "Store 1,s1,ge-0/0/0,wan0,C1,200,20.5,primary,1,Northline,fibre,no,2026-01-01,2027-01-01"
    (contract,) = read_contracts(written(tmp_path, ",".join(CONTRACT_COLUMNS), row))
    assert (contract.site_name, contract.site_id) == ("Store 1", "s1")
    assert (contract.port_id, contract.wan_name) == ("ge-0/0/0", "wan0")
    assert (contract.circuit_id, contract.provider, contract.medium) == ("C1", "Northline", "fibre")
    assert (contract.bandwidth_down_mbps, contract.bandwidth_up_mbps) == (200, 20.5)
    assert (contract.role, contract.role_rank, contract.on_demand) == ("primary", 1, False)
    assert contract.valid_from == datetime.fromisoformat("2026-01-01")
    assert contract.valid_to == datetime.fromisoformat("2027-01-01")
    assert contract.line == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_columns_may_be_missing_and_stand_in_any_order(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "wan_name, site_name", 'mpls,"Größe, Süd"', "", encoding=encoding)
    (contract,) = read_contracts(path)
    assert (contract.site_name, contract.wan_name) == ("Größe, Süd", "mpls")
    assert contract.bandwidth_down_mbps is None
    assert contract.on_demand is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T06:30:00", datetime.fromisoformat("2026-03-01T06:30")),
        ("2026-03-01T06:30:00Z", datetime.fromisoformat("2026-03-01T06:30")),
        ("2026-03-01T06:30:00-07:00", datetime.fromisoformat("2026-03-01T13:30")),
    ],
)
def test_instants_are_utc(tmp_path: Path, text: str, at: datetime) -> None:
    path = written(tmp_path, "site_id,port_id,valid_from", f"s1,ge-0/0/0,{text}")
    assert read_contracts(path)[0].valid_from == at


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("YES", True), ("1", True), ("False", False), ("no", False), ("0", False)],
)
def test_on_demand(tmp_path: Path, text: str, expected: bool) -> None:
    path = written(tmp_path, "site_id,port_id,on_demand", f"s1,ge-0/0/0,{text}")
    assert read_contracts(path)[0].on_demand is expected


ROLES = [("primary", "Primary"), ("primary", "MAIN"), ("primary", "1"), ("primary", "active")]
ROLES += [("secondary", "Secondary"), ("secondary", "Back-Up"), ("secondary", "fail over")]
ROLES += [("secondary", "standby"), ("secondary", "2")]


@pytest.mark.parametrize(("role", "word"), ROLES)
def test_roles_in_any_case_and_of_common_words(tmp_path: Path, role: str, word: str) -> None:
    path = written(tmp_path, "site_id,port_id,role", f"s1,ge-0/0/0,{word}")
    assert read_contracts(path)[0].role == role


def test_every_word_for_a_role_is_of_one_role() -> None:
    words = [word for words in ROLE_WORDS.values() for word in words]
    assert len(words) == len(set(words))


def test_headers_in_any_case_and_empty_columns_at_the_end(tmp_path: Path) -> None:
    path = written(tmp_path, "Site_ID,PORT_ID,Role,,", "s1,ge-0/0/0,primary,,", "s2,ge-0/0/0,,,")
    assert [contract.site_id for contract in read_contracts(path)] == ["s1", "s2"]


def test_a_line_is_where_its_row_begins(tmp_path: Path) -> None:
    """The first row's provider has a line break: the second begins in line 4."""
    path = written(
        tmp_path, "site_id,port_id,provider,role", 's1,a,"North', 'line",', "s2,a,,chief"
    )
    with pytest.raises(UsageError, match="line 4: role is 'chief'"):
        read_contracts(path)


def test_a_new_contract_may_begin_when_the_old_one_ends(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "site_id,port_id,circuit_id,valid_from,valid_to",
        "s1,ge-0/0/0,C1,2026-02-01,",
        "s1,ge-0/0/0,C1,,2026-02-01",
    )
    newer, older = read_contracts(path)
    eve, day = datetime.fromisoformat("2026-01-31"), datetime.fromisoformat("2026-02-01")
    assert [older.holds_at(eve), newer.holds_at(eve)] == [True, False]
    assert [older.holds_at(day), newer.holds_at(day)] == [False, True]


HEADER = "site_name,site_id,port_id,wan_name,circuit_id,bandwidth_down_mbps,role_rank,on_demand"


@pytest.mark.parametrize(
    ("lines", "line", "says"),
    [
        pytest.param([], 1, "no header", id="empty file"),
        pytest.param(["site_name;port_id"], 1, "separated by commas", id="semicolons"),
        pytest.param(["site_id,port"], 1, "unknown column 'port'", id="unknown column"),
        pytest.param(["site_id,port_id,site_id"], 1, "stands twice", id="column twice"),
        pytest.param([HEADER, ",,ge-0/0/0,,C1"], 2, "no site", id="no site"),
        pytest.param([HEADER, "A,,ge-0/0/0", "A,,,,C1"], 3, "no port", id="no port"),
        pytest.param([HEADER, "A,,p,,,fast"], 2, "'fast'", id="rate is no number"),
        pytest.param([HEADER, "A,,p,,,0"], 2, "above 0", id="rate of 0"),
        pytest.param([HEADER, "A,,p,,,-5"], 2, "above 0", id="rate below 0"),
        pytest.param([HEADER, "A,,p,,,nan"], 2, "above 0", id="rate nan"),
        pytest.param([HEADER, "A,,p,,,1_0"], 2, "above 0", id="rate as Python writes it"),
        pytest.param([HEADER, 'A,,p,,,"1,5"'], 2, "decimal point", id="decimal comma"),
        pytest.param([HEADER, "A,,p,,,,1.5"], 2, "role_rank", id="rank is no whole number"),
        pytest.param([HEADER, "A,,p,,,,0"], 2, "role_rank", id="rank 0"),
        pytest.param([HEADER, "A,,p,,,,100"], 2, "from 1, the primary, to 99", id="rank 100"),
        pytest.param(
            ["site_id,port_id,role", "s1,p,Chief"],
            2,
            "role is 'Chief'; give one of primary, pri, main, active, first, 1, secondary",
            id="unknown role",
        ),
        pytest.param(
            ["site_id,port_id,role,role_rank", "s1,p,main,2"],
            2,
            "role is primary and role_rank 2",
            id="role and rank contradict each other",
        ),
        pytest.param(
            ["site_name,port_id", "Store 1,p", "STORE  1,P"],
            3,
            "line 2",
            id="one port twice, folded",
        ),
        pytest.param([HEADER, "A,,p,,,,,maybe"], 2, "on_demand", id="on demand maybe"),
        pytest.param([HEADER, "A,,p,,,,,,x"], 2, "9 values for 8 columns", id="a value too many"),
        pytest.param([HEADER, '"A"x,,p'], 2, "no CSV", id="broken quotes"),
        pytest.param(
            ["site_id,port_id,valid_from", "s1,p,03/01/2026"], 2, "ISO", id="date of another form"
        ),
        pytest.param(
            ["site_id,port_id,valid_from,valid_to", "s1,p,2026-02-01,2026-02-01"],
            2,
            "not after",
            id="ends when it begins",
        ),
        pytest.param(
            [HEADER, "A,,ge-0/0/0", "A,,ge-0/0/3", "A,,ge-0/0/0"], 4, "line 2", id="one port twice"
        ),
        pytest.param(
            [
                "site_id,wan_name,valid_from,valid_to",
                "s1,w,2026-01-01,2026-02-01",
                "s1,w,2026-01-31,",
            ],
            3,
            "line 2",
            id="overlap of a day",
        ),
        pytest.param(
            [HEADER, "A,,ge-0/0/0,,C1", "B,,ge-0/0/0,,C1"],
            3,
            "another site",
            id="one id, two sites",
        ),
        pytest.param(
            [HEADER, "A,,ge-0/0/0,,C1,50", "A,,ge-0/0/3,,C1,20"],
            3,
            "another bandwidth in line 2 at the same time",
            id="one circuit on two ports, two rates",
        ),
        pytest.param(
            [HEADER, "A,,ge-0/0/0,,C1,50", ",s1,,wan0,C1,20"],
            3,
            "another bandwidth in line 2 at the same time",
            id="one circuit under two names of site and port, two rates",
        ),
        pytest.param(
            ["site_id,port_id,circuit_id,bandwidth_up_mbps", "s1,a,C1,5", "s1,b,C1,6"],
            3,
            "another bandwidth",
            id="two upload rates",
        ),
    ],
)
def test_what_is_refused_is_named_with_file_and_line(
    tmp_path: Path, lines: list[str], line: int, says: str
) -> None:
    path = written(tmp_path, *lines)
    with pytest.raises(UsageError) as caught:
        read_contracts(path)
    assert f"{path}, line {line}:" in str(caught.value)
    assert says in str(caught.value)


def test_a_circuit_may_have_two_ports_at_its_site(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, "A,s1,ge-0/0/0,,C1", ",s1,ge-7/0/0,,C1")
    assert len(read_contracts(path)) == 2


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(["s1,a,C1,50,,2026-02-01", "s1,b,C1,20,2026-02-01,"], id="one after another"),
        pytest.param(["s1,a,C1,50,2026-02-01,", "s1,b,C1,20,,2026-02-01"], id="the newer first"),
        pytest.param(["s1,a,C1,50,,", "s1,b,C1,50,,"], id="the same rate"),
        pytest.param(["s1,a,C1,50,,", "s1,b,C1,,,"], id="one row leaves it empty"),
        pytest.param(["s1,a,C1,50,,", "s1,b,C2,20,,"], id="two circuits"),
        pytest.param(["s1,a,,50,,", "s1,b,,20,,"], id="no circuit named"),
    ],
)
def test_rates_that_do_not_contradict_each_other(tmp_path: Path, rows: list[str]) -> None:
    header = "site_id,port_id,circuit_id,bandwidth_down_mbps,valid_from,valid_to"
    assert len(read_contracts(written(tmp_path, header, *rows))) == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="WAN_PERF_CIRCUITS"):
        read_contracts(tmp_path / "nowhere.csv")


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "site_name,port_id", "A,p", "Größe,p", encoding="latin-1")
    with pytest.raises(UsageError, match="line 3: not UTF-8"):
        read_contracts(path)
