"""Progress of a compilation: the share of the sources that have an object."""

from hypgcn_sim.verilator import native
from hypgcn_sim.verilator.native import Compiling


def test_the_share_of_compiled_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(native, "POLL", 0.01)
    for name in ("Vtop.cpp", "Vtop__1.cpp", "Vtop__2.cpp", "Vtop__3.cpp", "other.cpp", "Vtop.o", "other.o"):
        (tmp_path / name).touch()
    shares: list[float] = []

    def wait_for(share):
        while share not in shares:
            compiling.stop.wait(0.01)
    with Compiling(tmp_path, "Vtop", shares.append) as compiling:
        wait_for(0.25)
        (tmp_path / "Vtop__1.o").touch()
        wait_for(0.5)
        for name in ("Vtop__2.o", "Vtop__3.o", "Vtop__extra.o"):
            (tmp_path / name).touch()
        wait_for(1.0)
    count = len(shares)
    assert max(shares) == 1.0 and sorted(shares) == shares
    assert not compiling.thread.is_alive() and len(shares) == count


def test_a_folder_without_sources_is_not_done(tmp_path, monkeypatch):
    monkeypatch.setattr(native, "POLL", 0.01)
    shares: list[float] = []
    with Compiling(tmp_path / "not yet there", "Vtop", shares.append) as compiling:
        while not shares:
            compiling.stop.wait(0.01)
    assert set(shares) == {0.0}
