"""The grid over the country: which homes may be near a place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from placehub.search.near import Grid

metres = st.floats(0, 200_000)
places = st.tuples(metres, metres) | st.just((None, None))


@given(
    st.lists(st.tuples(st.integers(0, 9), places), max_size=40),
    st.lists(st.integers(0, 9), max_size=5),
    st.tuples(metres, metres, st.floats(0, 300_000)),
)
def test_nobody_within_reach_is_left_out(
    put: list[tuple[int, tuple[float | None, float | None]]], gone: list[int], near: tuple[float, float, float]
) -> None:
    """After entries came, moved, went and were put in order, all within reach and of unknown place are found, once."""
    grid, known = Grid(), dict[int, tuple[float | None, float | None]]()
    for at, place in put:
        at = min(at, len(known))
        grid.put(at, *place)
        known[at] = place
    for target in gone:
        if target < len(known):
            last = len(known) - 1
            grid.move(last, target)
            known[target] = known[last]
            del known[last]
    order = grid.order(len(known))
    grid.arrange(order)
    known = {at: known[was] for at, was in enumerate(order.tolist())}
    squares = [(x // 10_000, y // 10_000) for x, y in known.values() if x is not None and y is not None]
    assert squares == sorted(squares)
    found = grid.around(*near).tolist()
    east, north, reach = near
    expected = {
        at
        for at, (x, y) in known.items()
        if x is None or y is None or (x - east) ** 2 + (y - north) ** 2 <= reach * reach
    }
    assert expected <= set(found) <= set(known)
    assert len(found) == len(set(found))
