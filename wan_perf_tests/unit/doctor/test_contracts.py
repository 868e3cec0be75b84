"""What the doctor reports of a contract file before an inventory is taken."""

from pathlib import Path

from wan_perf_tests.unit.doctor.conftest import FLEET, Doctor, failed

HEADER = "site_name,port_id,circuit_id,role"


def finding(doctor: Doctor, folder: Path, *rows: str) -> str:
    (folder / "circuits.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    found = doctor(WAN_PERF_CIRCUITS="circuits.csv")["contracts"]
    return f"{found.verdict}: {found.found}"


def test_names_that_mist_does_not_know(doctor: Doctor, tmp_path: Path) -> None:
    rows = ("Stroe 0001,ge-0/0/0,C1,", "STORE  0001,ge-0/0/0,C2,Primary", "Store 0002,ge-9/9/9,C3,")
    assert finding(doctor, tmp_path, *rows) == (
        "warning: circuits.csv is valid, contracts: 3; without a circuit in Mist: 2. Contract "
        "file, line 2: site 'Stroe 0001' is no site in Mist (did you mean 'Store 0001'?); correct "
        "the name or remove the row. Contract file, line 4: site 'Store 0002' has no port "
        "'ge-9/9/9' in Mist (did you mean 'ge-0/0/3'?); the circuit is listed without measurements."
    )


def test_a_role_that_is_not_known(doctor: Doctor, tmp_path: Path) -> None:
    assert finding(doctor, tmp_path, "Store 0001,ge-0/0/0,C1,chief").startswith(
        "FAILED: circuits.csv, line 2: role is 'chief'; give one of primary,"
    )


def test_the_fleets_own_file_is_of_circuits_in_mist(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "fleet.csv").write_text(FLEET.contracts_csv(), encoding="utf-8")
    found = doctor(WAN_PERF_CIRCUITS="fleet.csv")["contracts"]
    assert (found.verdict, found.found.endswith("each is of a circuit in Mist.")) == ("ok", True)


def test_without_mist_the_file_is_only_read(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "circuits.csv").write_text(f"{HEADER}\nStore 1,a,C1,\n", encoding="utf-8")
    found = doctor(WAN_PERF_CIRCUITS="circuits.csv", MIST_API_TOKEN="")
    assert (
        found["contracts"].found == "circuits.csv is valid, contracts: 1; not compared with Mist."
    )
    assert "contracts" not in failed(found)


def test_the_advice_does_not_repeat_the_correction_of_a_name(
    doctor: Doctor, tmp_path: Path
) -> None:
    (tmp_path / "circuits.csv").write_text(f"{HEADER}\nStroe 0001,ge-0/0/0,C1,\n", encoding="utf-8")
    found = doctor(WAN_PERF_CIRCUITS="circuits.csv")["contracts"]
    assert found.found.endswith("correct the name or remove the row.")
    assert found.advice == "Rows of circuits that are still to come can stay."
