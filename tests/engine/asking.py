"""Anything anybody may ask of the engine: strategies for commands over a few names."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from folkmoot.engine import commands as c
from folkmoot.engine import room_commands
from folkmoot.engine.configuration import (
    EVERY_ROLE,
    HISTORY_ITEMS_MAX,
    SPACE_TYPE,
    Access,
    Inherit,
    ItemReply,
    Keep,
    NodeFull,
    Preferences,
    PublishModel,
    Registering,
    SendLast,
)
from folkmoot.engine.model import (
    MESSAGES_NODE,
    Affiliation,
    Contact,
    Item,
    Mark,
    NodeId,
    Occupant,
    Recall,
    Role,
    Show,
    State,
    Subscription,
    Topic,
    Via,
)
from folkmoot.xmpp.jid import JID
from folkmoot.xmpp.stanza import CLIENT
from folkmoot.xmpp.xml import Element
from tests.engine.stand import (
    ACCOUNTS,
    DENMARK,
    DOMAIN,
    ELSINORE,
    FORTINBRAS,
    GERTRUDE,
    HALL,
    HAMLET,
    HERE,
    ROOMS,
    SOLILOQUIES,
    SPACES,
    TOWER,
    WORDS,
    archive,
    device,
    presence,
)

NORWAY = NodeId(SPACES, "norway")
CRYPT = NodeId(ROOMS, "crypt")
STAGE = NodeId(ROOMS, "stage")
LETTERS = NodeId(SPACES, "letters")
TUNE = NodeId(HAMLET, "tune")

MESSAGE = Element(CLIENT, "message", None, Element(CLIENT, "body", None, "Who's there?"))

NODES = (DENMARK, ELSINORE, NORWAY, SOLILOQUIES, LETTERS, TUNE)
CHATS = (HALL, TOWER, CRYPT, STAGE)
PEOPLE = ACCOUNTS[:4]
BARE = (*PEOPLE, FORTINBRAS)
FULL = tuple(device(jid, each) for jid in PEOPLE for each in ("castle", "court"))
PRIVATE = (*map(presence, PEOPLE), NodeId(HAMLET, MESSAGES_NODE))
PLACES = (*NODES, *CHATS)
SPACIOUS = NODES[:3]

bare = st.sampled_from(BARE)
rulers = st.sampled_from((HAMLET, HAMLET, HAMLET, HAMLET, GERTRUDE, GERTRUDE, *BARE))
"""Who asks for what only owners may; most often one of them."""
full = st.sampled_from((*FULL, device(FORTINBRAS)))
addresses = st.one_of(bare, full)
places = st.sampled_from(PLACES)
crowded = st.sampled_from((*SPACIOUS, *SPACIOUS, *PLACES))
"""Where most goes on: the spaces, and whatever else there is."""
anywhere = st.sampled_from((*PLACES, *PRIVATE))
rooms = st.sampled_from(CHATS)
presences = st.sampled_from(tuple(map(presence, BARE)))
item_ids = st.sampled_from(("", "one", "two", "hall", "tower", "castle", "court"))
nicks = st.sampled_from(("prince", "queen", "ghost", "clown", "lord", ""))
occupants = st.builds(Occupant, nicks, st.just(HERE))
listed = st.none() | st.sampled_from((*CHATS, ELSINORE, NORWAY, SOLILOQUIES))

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(("", SPACE_TYPE)),
    "access": st.sampled_from(Access),
    "publish": st.sampled_from(PublishModel),
    "persist_items": st.booleans(),
    "max_items": st.sampled_from((0, 1, 2, 1_000, 10_001)),
    "node_full": st.sampled_from(NodeFull),
    "purge_offline": st.booleans(),
    "subscribable": st.booleans(),
    "item_reply": st.sampled_from(ItemReply),
    "item_seconds": st.sampled_from((0, 1, 60)),
    "payload_bytes_max": st.sampled_from((0, 10, 262_144)),
    "notify_config": st.booleans(),
    "notify_retract": st.booleans(),
    "notify_sub": st.booleans(),
    "send_last": st.sampled_from(SendLast),
    "parent": st.none() | st.sampled_from(PLACES),
    "link": st.none() | st.sampled_from(PLACES),
    "inherit": st.sampled_from(Inherit),
    "roster_groups": st.just(("friends",)),
    "room.persistent": st.booleans(),
    "room.moderated": st.booleans(),
    "room.whois_anyone": st.booleans(),
    "room.password": st.sampled_from(("", "swordfish")),
    "room.presence_roles": st.sampled_from((EVERY_ROLE, (Role.MODERATOR,), EVERY_ROLE[:2])),
    "room.list_roles": st.sampled_from((EVERY_ROLE, (Role.MODERATOR,))),
    "room.registering": st.sampled_from(Registering),
    "room.nicks_locked": st.booleans(),
    "room.visitor_nicks": st.booleans(),
    "room.occupants_max": st.sampled_from((0, 1, 2, -1)),
    "room.history_items": st.sampled_from((0, 1, HISTORY_ITEMS_MAX, HISTORY_ITEMS_MAX + 1)),
    "nonsense": st.just(1),
}
settings = st.sets(st.sampled_from(sorted(VALUES)), max_size=2).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
standing = st.fixed_dictionaries(
    {},
    optional={
        "parent": VALUES["parent"],
        "access": VALUES["access"],
        "inherit": VALUES["inherit"],
        "link": VALUES["link"],
    },
)
affiliations = st.dictionaries(
    st.sampled_from((*BARE, *BARE, DOMAIN, JID.parse(FORTINBRAS.domain))),
    st.sampled_from((*Affiliation, Affiliation.MEMBER, Affiliation.NONE, Affiliation.OUTCAST)),
    min_size=1,
    max_size=2,
)
states = st.dictionaries(addresses, st.sampled_from(State), min_size=1, max_size=2)
roles = st.dictionaries(nicks, st.none() | st.sampled_from(Role), min_size=1, max_size=2)
contacts = st.builds(Contact, st.just("a name"), st.sampled_from(((), ("friends",), ("foes",))))

options = st.fixed_dictionaries(
    {},
    optional={
        "expires": st.none() | st.floats(0, 100),
        "body": st.booleans(),
        "shows": st.frozensets(st.sampled_from(Show)),
        "topics": st.frozensets(st.sampled_from(Topic), min_size=1),
        "depth": st.integers(-1, 2),
        "digest": st.booleans(),
        "digest_seconds": st.floats(1, 20),
    },
)

creating = st.builds(c.Create, actor=rulers, node=anywhere, settings=settings)
lists = st.dictionaries(
    st.sampled_from((Affiliation.ADMIN, Affiliation.OWNER)),
    st.frozensets(bare, max_size=2),
    max_size=2,
)
configuring = st.builds(
    c.Configure,
    actor=rulers,
    node=anywhere,
    settings=st.one_of(settings, standing),
    lists=st.just({}) | lists,
)
affiliating = st.builds(
    c.SetAffiliations,
    actor=rulers,
    node=crowded,
    affiliations=affiliations,
    nicks=st.just({}) | st.dictionaries(bare, nicks, max_size=1),
    reason=st.just("why"),
    invited=st.booleans(),
)
entries = st.builds(c.Entry, payload=st.none() | st.just(WORDS), id=item_ids, lists=listed)
publishing = st.builds(
    c.Publish,
    actor=addresses,
    node=anywhere,
    entry=st.none() | entries,
    more=st.lists(entries, max_size=2).map(tuple),
    expects=st.one_of(st.just({}), settings),
)
listing = st.builds(
    lambda actor, space, node: c.Publish(
        actor=actor, node=space, entry=c.Entry(payload=WORDS, id=node.name, lists=node)
    ),
    rulers,
    st.sampled_from(SPACIOUS),
    st.sampled_from((*CHATS, ELSINORE, NORWAY)),
)
retracting = st.one_of(
    st.builds(
        c.Retract,
        actor=addresses,
        node=anywhere,
        item_ids=st.lists(item_ids, max_size=2).map(tuple),
    ),
    st.builds(
        lambda actor, space, node: c.Retract(actor=actor, node=space, item_ids=(node.name,)),
        rulers,
        st.sampled_from(SPACIOUS),
        st.sampled_from((*CHATS, ELSINORE)),
    ),
    st.builds(c.Purge, actor=rulers, node=places),
    st.builds(
        c.Depart, actor=rulers, node=anywhere, publishers=st.lists(full, max_size=3).map(tuple)
    ),
)
deleting = st.builds(c.Delete, actor=rulers, node=anywhere)


def subscribing(
    nodes: st.SearchStrategy[NodeId], who: st.SearchStrategy[JID], via: Via
) -> st.SearchStrategy[c.Command]:
    """Subscribing to nodes, mostly in one's own name."""
    return st.builds(
        lambda actor, other, node, temporary, own, public, options: c.Subscribe(
            actor=actor,
            node=node,
            subscriber=actor if own else other,
            via=via,
            temporary=temporary and not actor.is_bare,
            public=public,
            options=options if via is Via.PUBSUB else {},
        ),
        who,
        addresses,
        nodes,
        st.booleans() if via is Via.PUBSUB else st.just(False),
        st.integers(0, 7).map(bool),
        st.booleans() if via is Via.PUBSUB else st.just(False),
        options,
    )


registering = st.one_of(
    st.builds(room_commands.Register, actor=addresses, node=rooms, nick=nicks),
    st.builds(room_commands.Register, actor=addresses, node=rooms, nick=nicks),
    st.builds(room_commands.Unregister, actor=addresses, node=rooms),
    st.builds(
        room_commands.SettleRegistration,
        actor=rulers,
        node=rooms,
        registrant=bare,
        allow=st.booleans(),
    ),
    st.builds(room_commands.SetCard, actor=rulers, node=rooms, card=st.none() | st.just(WORDS)),
)
leaving = st.builds(
    lambda actor, node, subid: c.Unsubscribe(actor=actor, node=node, subscriber=actor, subid=subid),
    addresses,
    st.one_of(crowded, anywhere),
    st.sampled_from((None, None, "", "id1")),
)
settling = st.one_of(
    st.builds(c.Approve, actor=rulers, node=crowded, subscriber=addresses, allow=st.booleans()),
    st.builds(c.SetSubscriptions, actor=rulers, node=crowded, states=states),
    st.builds(c.RequestPending, actor=rulers, node=places),
    st.builds(
        c.SetDelivery,
        actor=addresses,
        node=anywhere,
        subscriber=addresses,
        deliver=st.none() | st.booleans(),
        options=options,
    ),
    st.builds(c.Expire, actor=addresses, node=anywhere, crowded=st.booleans()),
    st.builds(
        c.Remember,
        actor=bare,
        node=st.sampled_from((*map(archive, PEOPLE), TUNE)),
        with_=addresses,
        payload=st.just(WORDS),
    ),
    st.builds(
        c.Prefer,
        actor=full,
        node=st.sampled_from((*map(archive, PEOPLE), TUNE)),
        preferences=st.builds(Preferences, default=st.none() | st.sampled_from(Keep)),
    ),
    st.builds(
        c.Trim,
        actor=addresses,
        node=anywhere,
        item_ids=st.lists(item_ids, max_size=2).map(tuple),
    ),
)
entering = st.builds(
    lambda actor, node, via, occupant, password, recall: c.Subscribe(
        actor=actor,
        node=node,
        subscriber=actor,
        via=via,
        temporary=True,
        occupant=occupant,
        password=password,
        recall=recall,
    ),
    full,
    rooms,
    st.sampled_from((Via.MUC, Via.EVENTING)),
    occupants,
    st.sampled_from(("", "swordfish")),
    st.sampled_from((Recall(), *[Recall(known="")] * 2, Recall(known="1.1"))),
)
staying = st.one_of(
    st.builds(room_commands.ChangePresence, actor=full, node=rooms, occupant=occupants),
    st.builds(room_commands.SetRoles, actor=addresses, node=rooms, roles=roles),
    st.builds(room_commands.ChangeSubject, actor=full, node=rooms, payload=st.just(WORDS)),
    st.builds(c.Publish, actor=full, node=rooms, entry=st.just(c.Entry(payload=WORDS))),
    st.builds(
        c.Publish, actor=full, node=rooms, entry=st.just(c.Entry(payload=MESSAGE, words=True))
    ),
    st.builds(room_commands.Watch, actor=full, node=st.just(NodeId(ROOMS, ""))),
    st.builds(room_commands.Watch, actor=full, node=st.just(NodeId(ROOMS, ""))),
    st.builds(room_commands.Unwatch, actor=full, node=st.just(NodeId(ROOMS, ""))),
)
moderating = st.one_of(
    st.builds(
        room_commands.Dismiss, actor=rulers, node=crowded, jid=addresses, reason=st.just("why")
    ),
    st.builds(
        room_commands.TakeBack,
        actor=rulers,
        node=crowded,
        jid=addresses,
        notice=st.just(lambda room, item_id, retraction: WORDS),
        within=st.none() | st.integers(0, 50),
        start=st.none() | st.builds(Mark, st.just(0.0), st.sampled_from(("", "hall")), item_ids),
    ),
)
rostering = st.one_of(
    st.builds(c.SetContact, actor=st.sampled_from(PEOPLE), node=presences, contact=contacts),
    st.builds(c.RemoveContact, actor=st.sampled_from(PEOPLE), node=presences),
    st.builds(
        c.Approve,
        actor=bare,
        node=presences,
        subscriber=bare,
        allow=st.booleans(),
        beforehand=st.booleans(),
    ),
    subscribing(presences, bare, Via.PRESENCE),
    st.builds(
        lambda actor: c.Publish(
            actor=actor, node=presence(actor), entry=c.Entry(payload=HERE, id=actor.resource)
        ),
        st.sampled_from(FULL),
    ),
)
forgetting = st.builds(
    lambda actor: c.Forget(actor=actor, node=presence(actor)), st.sampled_from(PEOPLE)
)
restored = st.lists(
    st.tuples(
        st.builds(
            Item,
            st.sampled_from(("one", "two", "hall")),
            bare,
            st.sampled_from((0.0, 1.0)),
            st.just(WORDS),
        ),
        listed,
    ),
    max_size=2,
    unique_by=lambda each: each[0].id,
).map(tuple)
restoring = st.builds(
    lambda beside, **rest: c.Restore(
        **rest,
        beside=tuple(
            c.Restore(actor=rest["actor"], node=room, settings={"parent": rest["node"]})
            for room in beside
        ),
    ),
    actor=rulers,
    node=st.one_of(crowded, rooms),
    settings=st.none() | settings,
    affiliations=st.just({}) | affiliations,
    subscriptions=st.lists(
        st.builds(
            Subscription,
            addresses,
            st.sampled_from((State.PENDING, State.SUBSCRIBED)),
            st.just(Via.PUBSUB),
        ),
        max_size=2,
        unique_by=lambda each: each.subscriber,
    ).map(tuple),
    items=restored,
    beside=st.lists(rooms, max_size=1),
    opens=st.dictionaries(rooms, st.none() | st.sampled_from(Affiliation), max_size=1),
)
