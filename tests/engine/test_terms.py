"""Several subscriptions of one address (XEP-0060 1.30.0, §6.1.6, §12.8): values alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from folkmoot.engine.decide.terms import named, without
from folkmoot.engine.digest import Digest
from folkmoot.engine.errors import Refused
from folkmoot.engine.model import Manner, Show, State, Subscription, Terms, Via
from tests.engine.stand import HORATIO

ONE = Subscription(HORATIO, State.SUBSCRIBED, Via.PUBSUB)

manners = st.builds(Manner, st.booleans(), st.frozensets(st.sampled_from(Show)))
several = st.lists(
    st.builds(
        Terms,
        st.sampled_from("abcdef"),
        st.booleans(),
        st.none(),
        manners,
        digest=st.none() | st.just(Digest(1.0)),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda terms: terms.subid,
)


@given(several, st.booleans())
def test_everybody_hears_once_by_what_is_meant_for_them(terms: list[Terms], gathered: bool) -> None:
    """§6.1.6, §7.1.2.4: however one is available, or where one is not; body as §12.8 says.

    Who has items gathered does not hear of one at once, but does hear that it is gone.
    """
    held = ONE.on(*terms)
    hears = [each for each in terms if each.hears_items and (gathered or each.digest is None)]
    for show in (*Show, None):
        heard = [each for each in hears if not each.manner.shows or show in each.manner.shows]
        ways = [
            (hearing, subids)
            for hearing, subids in held.hearings(gathered=gathered)
            if not hearing.shows or show in hearing.shows
        ]
        assert len(ways) == bool(heard)
        for hearing, subids in ways:
            assert subids == (() if len(terms) == 1 else tuple(each.subid for each in heard))
            assert hearing.body == any(each.manner.body for each in hears)
    assert bool(hears) == bool(held.hearings(gathered=gathered))
    assert held.hears_items == bool(held.hearings(gathered=True))


@given(several, st.sampled_from(("", *"abcdefg")))
def test_one_is_meant_or_nobody_knows_which(terms: list[Terms], subid: str) -> None:
    """§6.2.3.1 and §6.2.3.5; the others are left as they were."""
    held = ONE.on(*terms)
    assert held.terms == tuple(terms)
    assert held.apart == tuple(ONE.on(each) for each in terms)
    try:
        meant = named(held, subid)
    except Refused:
        assert subid not in [each.subid for each in terms]
        assert subid or len(terms) > 1
        return
    assert meant.subid == subid or (not subid and terms == [meant])
    left = without(held, meant)
    assert (left is None) == (len(terms) == 1)
    assert left is None or left.terms == tuple(each for each in terms if each != meant)
