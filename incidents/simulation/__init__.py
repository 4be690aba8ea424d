"""Loomis's side of incidents, simulated: it takes dispatches, answers, and says later what came of them.

No ORM in here, and no database: what is answered is a pure function of the seed, the dispatch and its time.
"""

from incidents.simulation.behaviours import BEHAVIOURS, DRAWN, NAMES
from incidents.simulation.folder import PretendFolder
from incidents.simulation.posting import Posted
from incidents.simulation.serving import PretendLoomis, Received

__all__ = ["BEHAVIOURS", "DRAWN", "NAMES", "Posted", "PretendFolder", "PretendLoomis", "Received"]
