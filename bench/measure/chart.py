"""The plot: docs/benchmarks.svg, drawn by hand so that it needs nothing installed."""

from html import escape
from math import log10

from .page import COMPARISONS

WIDTH, LEFT, RIGHT = 860, 330, 90
BAR, GAP, TOP, BOTTOM = 16, 18, 56, 44
TICKS = (1, 2, 5, 10, 20, 50, 100, 200)

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de }
.bar { fill: #2f6f9f }
.spread { stroke: #0b3d5c; stroke-width: 1.5 }
.wanted { stroke: #c2410c; stroke-width: 2.5 }
"""


def _position(ratio, most):
    """Logarithmic, from 1."""
    return LEFT + (WIDTH - LEFT - RIGHT) * log10(max(ratio, 1)) / log10(most)


def _grid(most, bottom):
    for tick in TICKS:
        if tick <= most:
            x = _position(tick, most)
            yield f'<line class="grid" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}"/>'
            yield f'<text class="small" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick} ×</text>'


def _bar(comparison, ratio, y, most):
    end, middle = _position(ratio.median, most), y + BAR / 2
    least, greatest = _position(ratio.least, most), _position(ratio.most, most)
    wanted = _position(comparison.wanted, most)
    label = escape(f"{comparison.ours} / {comparison.peer}")
    yield f'<text x="{LEFT - 10}" y="{middle + 4}" text-anchor="end">{label}</text>'
    yield f'<rect class="bar" x="{LEFT}" y="{y}" width="{max(end - LEFT, 1):.1f}" height="{BAR}"/>'
    yield f'<line class="spread" x1="{least:.1f}" y1="{middle}" x2="{greatest:.1f}" y2="{middle}"/>'
    yield f'<line class="wanted" x1="{wanted:.1f}" y1="{y - 3}" x2="{wanted:.1f}" y2="{y + BAR + 3}"/>'
    yield f'<text x="{max(end, greatest) + 8:.1f}" y="{middle + 4}">{ratio.median:.1f} ×</text>'


def render(rounds):
    ratios = [(comparison, rounds.ratio(comparison.peer, comparison.ours)) for comparison in COMPARISONS]
    most = max(max(ratio.most, comparison.wanted) for comparison, ratio in ratios) * 1.1
    bottom = TOP + len(ratios) * (BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + BOTTOM}" role="img">',
        f"<style>{STYLE}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        '<text class="title" x="16" y="26">How many times faster than the peer</text>',
        f'<text class="small" x="{WIDTH - 16}" y="26" text-anchor="end">'
        "bar: median; line: least to most; mark: wanted</text>",
        *_grid(most, bottom),
    ]
    for index, (comparison, ratio) in enumerate(ratios):
        parts.extend(_bar(comparison, ratio, TOP + index * (BAR + GAP), most))
    return "\n".join([*parts, "</svg>", ""])
