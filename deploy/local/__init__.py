"""Scanpass on one machine: private servers as child processes, and the services beside them."""

from deploy.local.keeper import InUse
from deploy.local.servers import Servers
from deploy.local.services import Services
from deploy.local.waiting import NotUp

__all__ = ["InUse", "NotUp", "Servers", "Services"]
