"""Which facades stand at which address: the one list of what the server speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from folkmoot.engine import account_questions
from folkmoot.engine.model import NodeId, Via
from folkmoot.engine.services import Services
from folkmoot.facades import (
    archiving,
    audit,
    basics,
    bookmarks,
    carbons,
    delegation,
    disco,
    eventing,
    hats,
    invites,
    mam,
    messages,
    moderation,
    muc,
    pam,
    pep,
    presence,
    private_storage,
    pubsub,
    roster,
    vcard,
)
from folkmoot.facades.facade import Answered, Facade, Request, Route
from folkmoot.facades.pubsub import bounces, discovery
from folkmoot.facades.pubsub.reading import node_id
from folkmoot.routes import Place, Served
from folkmoot.xmpp.errors import StanzaError
from folkmoot.xmpp.forms import Form
from folkmoot.xmpp.xml import Element

_OLD = (*private_storage.FEATURES, *bookmarks.FEATURES, *vcard.FEATURES)
"""What an account has for clients that know no pubsub."""

_BESIDE_PUBSUB = (*pam.FEATURES, *archiving.ACCOUNT_FEATURES, *_OLD, *basics.FEATURES)

_OF_SPACES = (*audit.FEATURES, *invites.FEATURES, *moderation.FEATURES)


def served(services: Services) -> Served:
    """The facades of each place, and those that word notifications."""
    errors = pubsub.FACADE.errors
    common = basics.facade(errors)
    spaces_disco = disco.facade(
        (disco.Identity("pubsub", "service", "Spaces"),),
        (
            *pubsub.FEATURES,
            *_OF_SPACES,
            *basics.FEATURES,
            hats.NS,
            *(delegation.FEATURES if services.personal else ()),
        ),
        discovery.nodes,
        errors,
        node_info=delegation.beside(moderation.node_info)
        if services.personal
        else moderation.node_info,
        node_items=moderation.node_items,
    )
    return Served(
        at={
            Place.SERVER: (_server_disco(services), eventing.at_server, common),
            Place.PUBSUB: (
                hats.beside(moderation.beside(pubsub.FACADE), _space),
                mam.OF_NODES,
                audit.FACADE,
                invites.FACADE,
                spaces_disco,
                common,
            ),
            Place.ROOMS: (
                vcard.beside_presence(eventing.beside_rooms(muc.FACADE)),
                eventing.ROOMS,
                mam.OF_ROOMS,
                common,
            ),
            Place.OCCUPANT: (muc.OCCUPANTS,),
            Place.ACCOUNT: (
                roster.FACADE,
                vcard.beside_presence(presence.FACADE),
                eventing.beside_messages(bounces.beside_messages(messages.FACADE)),
                mam.OF_ACCOUNTS,
                carbons.facade(errors),
                eventing.beside_pubsub(vcard.beside_pubsub(bookmarks.beside_pubsub(pubsub.FACADE))),
                private_storage.FACADE,
                pam.FACADE,
                vcard.FACADE,
                _account_disco(_BESIDE_PUBSUB),
                common,
            ),
            Place.DELEGATED: (
                bookmarks.beside_pubsub(pubsub.FACADE),
                _account_disco(delegation.BESIDE_PUBSUB),
            ),
        },
        via={
            Via.PUBSUB: (pubsub.FACADE,),
            Via.MUC: (muc.FACADE,),
            Via.EVENTING: (eventing.ROOMS,),
            Via.PRESENCE: (presence.FACADE, roster.FACADE, eventing.FACADE),
            Via.PEP: (pep.FACADE,),
        },
    )


def _space(request: Request, form: Form | None) -> NodeId | None:
    """The node that a command for a space is about, once it is said."""
    return None if form is None else node_id(request, form.value(hats.NODE))


def _server_disco(services: Services) -> Facade:
    async def listed(request: Request) -> Iterable[Element]:
        names = ((str(services.pubsub), "Spaces"), (str(services.rooms), "Rooms"))
        return (disco.items("", names),)

    identity = disco.Identity("server", "im", "Folkmoot")
    features = (*basics.FEATURES, *messages.FEATURES, *carbons.FEATURES)
    return disco.facade((identity,), features, listed, pubsub.FACADE.errors)


def _account_disco(beside: tuple[str, ...]) -> Facade:
    """An account, to itself and to those who hear its presence (XEP-0030 §8.2)."""
    facade = disco.facade(
        (disco.Identity("account", "registered"), pep.IDENTITY),
        (*pubsub.ACCOUNT_FEATURES, *beside),
        discovery.nodes,
        pubsub.FACADE.errors,
        node_info=discovery.node_info,
        node_items=discovery.node_items,
    )
    return replace(facade, routes=tuple(map(_for_contacts, facade.routes)))


def _for_contacts(route: Route) -> Route:
    """The same route, for those alone who may know that the account is there."""

    async def handler(request: Request) -> Answered:
        if not await request.ask(account_questions.knows_account, request.actor, request.to.bare):
            raise StanzaError("service-unavailable")
        return await route.handler(request)

    return replace(route, handler=handler)
