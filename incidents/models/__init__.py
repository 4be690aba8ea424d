from incidents.models.account import Atm, FaultCode, LoomisAccount
from incidents.models.dispatch import Attempt, Dispatch
from incidents.models.incident import Incident
from incidents.models.message import IncidentMessage
from incidents.models.notice import Notice

__all__ = ["Atm", "Attempt", "Dispatch", "FaultCode", "Incident", "IncidentMessage", "LoomisAccount", "Notice"]
