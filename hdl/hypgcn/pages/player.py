"""The page with moving skeletons."""

from collections.abc import Sequence

from .clip import PageClip
from .document import document, escape

__all__ = ["player_page"]

_SCENE = """<section aria-label="skeleton">
<canvas id="scene" tabindex="0" role="img" aria-label="{what}"></canvas>
<div class="controls">
<select id="clip" aria-label="clip">{options}</select>
<label>speed <select id="speed"><option value="0.25">1/4</option><option value="0.5">1/2</option><option value="1"
 selected>1</option><option value="2">2</option></select></label>
</div>
<div class="controls">
<button id="play" type="button" aria-pressed="true">Pause</button>
<input id="frame" type="range" min="0" value="0" step="1" aria-label="frame">
<output id="count" for="frame"></output>
</div>
<p><span class="key" style="--colour: var(--left)">left</span><span class="key"
 style="--colour: var(--right)">right</span>{legend}</p>
<p class="quiet" id="notes"></p>
<p class="keys">Space: play or pause; left and right: frame; Page Up and Page Down: clip{turning}</p>
</section>"""
_ANSWER = """<section aria-labelledby="answer-title" aria-live="off">
<h2 id="answer-title">Answer</h2>
<p class="answer" id="answer"></p>
<p id="truth"></p>
<ul class="scores" id="scores"></ul>
<p id="timing"></p>
<p id="check"></p>
</section>
<section id="work" aria-labelledby="work-title">
<h2 id="work-title">What this clip makes of the blocks</h2>
<p class="quiet">Shares of non-zeros: X and H as they are stored, and Z before the 1x1 convolution; zeros take no
cycles. Busy cycles, by the core's counters: those in which the input of a block has a vector, or takes none, and its
output is not held back; units inside work in other cycles, too.</p>
<div class="wide"><table class="blocks"><thead><tr><th>block</th><th>X</th><th>Z</th><th>H</th><th>busy cycles</th></tr>
</thead><tbody id="blocks"></tbody></table></div>
</section>"""


def player_page(title: str, clips: Sequence[PageClip], *, lines: Sequence[tuple[str, str]] = ()) -> str:
    """HTML of a page that plays ``clips``, with answers beside them where all have one.

    Parameters
    ----------
    title : str
        Heading, plain text.
    clips : sequence of PageClip
        At least one; either all have an answer or none.
    lines : sequence of (str, str)
        Plain texts below the heading, each with its class: ``good``, ``bad``, ``quiet`` or empty.

    Raises
    ------
    ValueError
        No clip, or answers of some clips only.
    """
    if not clips:
        raise ValueError("clips must hold at least one clip, but are empty")
    answered = sum(clip.answer is not None for clip in clips)
    if answered not in (0, len(clips)):
        raise ValueError(f"clips must all have an answer or none, not {answered} of {len(clips)}")
    solid = any(clip.places.shape[3] == 3 for clip in clips)
    guessed = any(clip.filled is not None and clip.filled.any() for clip in clips)
    options = "".join(f"<option>{escape(clip.name)}</option>" for clip in clips)
    scene = _SCENE.format(
        options=options, what="moving skeleton" + (", drag to rotate" if solid else ""),
        legend="ring and dashed: missing in the recording, its place is a guess" if guessed else "",
        turning="; drag, or Shift with the arrows: rotate; 0: as the camera saw it" if solid else "")
    above = "\n".join(f'<p class="{escape(kind)}">{escape(text)}</p>' for text, kind in lines)
    body = (f"<header>\n<h1>{escape(title)}</h1>\n{above}\n</header>\n"
            f'<noscript><p class="bad">A script in this file draws the skeletons; scripts are off.</p></noscript>'
            f'\n<main class="{"" if answered else "alone"}">\n{scene}\n'
            f"{_ANSWER if answered else ''}\n</main>")
    return document(title, body, styles=("player.css",), scripts=("skeleton.js", "player.js"),
                    data={"clips": [clip.as_dict() for clip in clips]})
