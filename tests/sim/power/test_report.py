from hypgcn_sim.power.accesses import Accesses
from hypgcn_sim.power.energy import estimate_energy
from hypgcn_sim.power.report import table


def test_table_has_the_largest_and_the_total():
    report = estimate_energy({f"unit{n}": 1000.0 * n for n in range(5)}, {"unit9": Accesses(rom_reads=40)}, 2)
    lines = table(report, rows=2).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["unit4", "unit3", "all 6 units"]
    assert "estimate" in lines[0]
    assert lines[-1].startswith("| all 6 units | 10,000 | 20 | 0 | 5.56 | 1.49 to ")
