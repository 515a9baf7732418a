"""A page in headless Chromium, for tests: what a script in it finds, and what the console says."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_BUDGET = 30_000
"""Milliseconds that a page has, of a clock that runs as fast as the browser can."""
_FRAMES = """<script>
window.requestAnimationFrame = (draw) => window.setTimeout(() => draw(performance.now()), 16);
</script></head>"""
"""Frames by a timer: a browser without a screen leaves most of them out, above all on a busy machine."""
_PROBE = """<script>
const probe = window.setInterval(() => {
  if (!(%s)) return;
  window.clearInterval(probe);
  let found;
  try {
    found = (() => { %s })();
  } catch (error) {
    found = { error: String(error) };
  }
  const made = document.createElement("pre");
  made.id = "probe";
  made.textContent = JSON.stringify(found);
  document.body.append(made);
}, 50);
</script></body>"""


def console(stderr):
    """Lines of the console of the page, but for advice about what only a probe does."""
    return [line for line in stderr.splitlines() if "CONSOLE" in line and "Multiple readback operations" not in line]


def probe(tmp_path, html, script, *, when="document.readyState === 'complete'", size=(1100, 1200), options=()):
    """What ``script``, the body of a function, returns in the page, and the lines of the console.

    It runs when the expression ``when`` is true. Skips where there is no Chromium.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is not installed (Debian: chromium)")
    assert html.count("</head>") == html.count("</body>") == 1
    path = tmp_path / "page.html"
    page = html.replace("</head>", _FRAMES).replace("</body>", _PROBE % (when, script))
    path.write_text(page, encoding="utf-8", newline="\n")
    done = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", f"--virtual-time-budget={_BUDGET}",
         f"--window-size={size[0]},{size[1]}", f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
         *options, "--dump-dom", path.as_uri()], capture_output=True, encoding="utf-8", timeout=120, check=False)
    match = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.S)
    assert match, f"the page did not run: {done.stderr[-2000:]}"
    found = json.loads(unescape(match[1]))
    assert not (isinstance(found, dict) and "error" in found), found
    return found, console(done.stderr)
