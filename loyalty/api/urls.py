"""This app's part of /api/v1/."""

from loyalty.api.bonuses import AccrualDoor, ConfirmDoor, EntryList, HoldDoor, ReversalDoor, SpendDoor, VoidDoor
from loyalty.api.cards import CardItem, CardList
from loyalty.api.contacts import ContactItem, ContactList
from safes.api.routing import both

urlpatterns = [
    *both("contacts", ContactList, "api-contacts"),
    *both("contacts/<str:code>", ContactItem, "api-contact"),
    *both("cards", CardList, "api-cards"),
    *both("cards/<str:number>", CardItem, "api-card"),
    *both("cards/<str:number>/entries", EntryList, "api-entries"),
    *both("cards/<str:number>/accruals", AccrualDoor, "api-accruals"),
    *both("cards/<str:number>/spends", SpendDoor, "api-spends"),
    *both("cards/<str:number>/reversals", ReversalDoor, "api-reversals"),
    *both("cards/<str:number>/holds", HoldDoor, "api-holds"),
    *both("cards/<str:number>/holds/<str:reference>/confirm", ConfirmDoor, "api-hold-confirm"),
    *both("cards/<str:number>/holds/<str:reference>/void", VoidDoor, "api-hold-void"),
]
