"""The plots: decisions a second, and cost against the number of live keys, drawn by hand as SVG."""

from html import escape
from math import log10

from .chart import STYLE
from .ratelimit_live_keys import FLAT, NUMBERS

_BARS = {
    "SELECT 1 + :k": "scalar spread off",
    "ratelimit_allow": "allow spread off",
    "ratelimit_allow, flush each second": "allow spread on",
    "pg_walfile_name_offset in FROM": "row spread off",
    "ratelimit_hit in FROM": "hit spread off",
    "ratelimit_hit in FROM, flush each second": "hit spread on",
    "ratelimit_hit in FROM, one hot key": "hit hot off",
    "Redis, INCR and EXPIRE": "redis fixed_window",
    "Redis, GCRA": "redis gcra",
    "table engine, denied": "denied spread",
    "table engine, allowed": "allowed spread",
    "rate-limiter-flexible, UNLOGGED": "upsert unlogged spread",
    "rate-limiter-flexible": "upsert logged spread",
    "rate-limiter-flexible, one hot key": "upsert logged hot",
}
_OURS = ("allow", "hit", "denied", "allowed")
_WIDTH, _LEFT, _RIGHT = 860, 300, 110
_BAR, _GAP, _TOP, _BOTTOM = 16, 12, 52, 24

_LINES = {"transaction": "one a transaction (wall clock)", "statement": "in one statement (processor)"}
_PLOT = {"width": 860, "height": 320, "left": 70, "right": 260, "top": 52, "bottom": 50}
_COLOURS = ("#2f6f9f", "#3f7d3a")


def _svg(width, height, title, note, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<style>{STYLE}.peer {{ fill: #9aa5b1 }}\n</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text class="title" x="16" y="26">{title}</text>',
        f'<text class="small" x="{width - 16}" y="26" text-anchor="end">{note}</text>',
        *parts, "</svg>", ""])


def _bar(label, name, cost, y, most):
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    median, least, greatest = (_LEFT + scale * 1e9 / figure for figure in (cost.median, cost.most, cost.least))
    middle = y + _BAR / 2
    kind = "bar" if name.split()[0] in _OURS else "peer"
    yield f'<text x="{_LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(label)}</text>'
    yield f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{max(median - _LEFT, 1):.1f}" height="{_BAR}"/>'
    yield f'<line class="spread" x1="{least:.1f}" y1="{middle}" x2="{greatest:.1f}" y2="{middle}"/>'
    yield f'<text x="{greatest + 8:.1f}" y="{middle + 4}">{1e9 / cost.median:,.0f}</text>'


def throughput(rounds):
    """Decisions a second, ours in colour."""
    costs = {label: (name, rounds.cost(name)) for label, name in _BARS.items()}
    most = max(1e9 / cost.least for _, cost in costs.values())
    parts = []
    for index, (label, (name, cost)) in enumerate(costs.items()):
        parts.extend(_bar(label, name, cost, _TOP + index * (_BAR + _GAP), most))
    height = _TOP + len(costs) * (_BAR + _GAP) + _BOTTOM
    return _svg(_WIDTH, height, "Decisions a second, 8 clients, 100,000 keys",
                "bar: median; line: least to most; grey: peers", parts)


def _place(index, share):
    """Where the index-th number of keys and a share of the height stand."""
    across = _PLOT["width"] - _PLOT["left"] - _PLOT["right"]
    up = _PLOT["height"] - _PLOT["top"] - _PLOT["bottom"]
    decades = log10(NUMBERS[index] / NUMBERS[0]) / log10(NUMBERS[-1] / NUMBERS[0])
    return _PLOT["left"] + across * decades, _PLOT["height"] - _PLOT["bottom"] - up * share


def _axes(most):
    left, _ = _place(0, 0)
    right, _ = _place(len(NUMBERS) - 1, 0)
    for tick in range(int(most) + 1):
        _, y = _place(0, tick / most)
        yield f'<line class="grid" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="small" x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{tick} ×</text>'
    for index, keys in enumerate(NUMBERS):
        x, y = _place(index, 0)
        yield f'<text class="small" x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{keys:,}</text>'
    _, flat = _place(0, FLAT / most)
    yield f'<line class="wanted" x1="{left:.1f}" y1="{flat:.1f}" x2="{right:.1f}" y2="{flat:.1f}"/>'


def _growth(rounds, way, keys):
    return rounds.ratio(f"{way} {keys}", f"{way} {NUMBERS[0]}")


def _legend():
    x = _PLOT["width"] - _PLOT["right"] + 20
    for index, (label, colour) in enumerate(zip(_LINES.values(), _COLOURS, strict=True)):
        y = _PLOT["top"] + 20 * index
        yield f'<rect x="{x}" y="{y}" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{x + 18}" y="{y + 10}">{label}</text>'


def _line(rounds, way, colour, most):
    places = []
    for index, keys in enumerate(NUMBERS):
        growth = _growth(rounds, way, keys)
        x, y = _place(index, growth.median / most)
        _, low = _place(index, growth.least / most)
        _, high = _place(index, growth.most / most)
        yield f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="{colour}"/>'
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
        places.append((x, y))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'


def live_keys(rounds):
    """Cost of a hit, by the number of live keys."""
    most = max(FLAT, *(_growth(rounds, way, keys).most for way in _LINES for keys in NUMBERS)) * 1.1
    parts = [*_axes(most), *_legend()]
    for way, colour in zip(_LINES, _COLOURS, strict=True):
        parts.extend(_line(rounds, way, colour, most))
    return _svg(_PLOT["width"], _PLOT["height"], f"Cost of a hit against that with {NUMBERS[0]:,} live keys",
                "dot: median; line: least to most; mark: wanted at most", parts)
