"""Tables of the page, in Markdown."""


def row(cells):
    return "| " + " | ".join(cells) + " |"


def rows(head, body):
    """A whole table."""
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, body)])


def microseconds(nanoseconds):
    """With two or three digits that count."""
    return f"{nanoseconds / 1000:.2g}" if nanoseconds < 100 else f"{nanoseconds / 1000:.3g}"


def shares(counter, most):
    """The places with most samples, down to one in a hundred."""
    total = sum(counter.values())
    return ", ".join(f"{place} {count / total:.0%}" for place, count in counter.most_common(most)
                     if count / total >= 0.01)
